// Layers that move a window over an image, in the layout of Keras (rows, columns, channels).

"use strict";

function product(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

// Calls visit(first, position) for every place of a window over an image: `first` counts the places, and
// `position(i, j)` gives the pixel under the window's row i and column j, or -1 in the padding.
function overWindows(node, visit) {
  const [height, width] = node.inputShape;
  const [rows, columns] = node.outputShape;
  const { strides, dilation, top, left } = node.options;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      visit(y * columns + x, (i, j) => {
        const r = y * strides[0] + i * dilation[0] - top;
        const c = x * strides[1] + j * dilation[1] - left;
        return r < 0 || c < 0 || r >= height || c >= width ? -1 : r * width + c;
      });
    }
  }
}

function conv2d(input, node) {
  const channels = node.inputShape[2];
  const filters = node.outputShape[2];
  const { size, groups } = node.options;
  const { kernel, bias } = node.weights;
  const perGroup = channels / groups;
  const filtersPerGroup = filters / groups;
  const output = new Float32Array(product(node.outputShape));
  const sums = new Float64Array(filters);
  overWindows(node, (place, position) => {
    for (let f = 0; f < filters; f++) sums[f] = bias ? bias[f] : 0;
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        const pixel = position(i, j);
        if (pixel < 0) continue;
        for (let c = 0; c < perGroup; c++) {
          const row = ((i * size[1] + j) * perGroup + c) * filters;
          for (let g = 0; g < groups; g++) {
            const value = input[pixel * channels + g * perGroup + c];
            if (value === 0) continue;
            const last = (g + 1) * filtersPerGroup;
            for (let f = g * filtersPerGroup; f < last; f++) sums[f] += value * kernel[row + f];
          }
        }
      }
    }
    output.set(sums, place * filters);
  });
  return output;
}

// A convolution backwards: the places of the kernel are those of the input, its pixels those of the output.
function conv2dTranspose(input, node) {
  const channels = node.inputShape[2];
  const filters = node.outputShape[2];
  const { size } = node.options;
  const { kernel, bias } = node.weights;
  const sums = new Float64Array(product(node.outputShape));
  overWindows({ ...node, inputShape: node.outputShape, outputShape: node.inputShape }, (place, position) => {
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        const pixel = position(i, j);
        if (pixel < 0) continue;
        for (let f = 0; f < filters; f++) {
          const row = ((i * size[1] + j) * filters + f) * channels;
          let sum = 0;
          for (let c = 0; c < channels; c++) sum += input[place * channels + c] * kernel[row + c];
          sums[pixel * filters + f] += sum;
        }
      }
    }
  });
  return Float32Array.from(sums, (sum, i) => sum + (bias ? bias[i % filters] : 0));
}

// A convolution of each channel apart, and a dense layer over what it gives for each pixel.
function separableConv2D(input, node) {
  const { depthwise_kernel: first, pointwise_kernel: second, bias } = node.weights;
  const shape = [...node.outputShape.slice(0, 2), second.length / node.outputShape[2]];
  const hidden = conv2d(input, { ...node, outputShape: shape, weights: { kernel: first } });
  return dense(hidden, { ...node, inputShape: shape, weights: { kernel: second, bias } });
}

function pooling(start, add, finish) {
  return (input, node) => {
    const channels = node.inputShape[2];
    const [height, width] = node.options.size;
    const output = new Float32Array(product(node.outputShape));
    overWindows(node, (place, position) => {
      for (let c = 0; c < channels; c++) {
        let result = start;
        let count = 0;
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const pixel = position(i, j);
            if (pixel < 0) continue;
            result = add(result, input[pixel * channels + c]);
            count++;
          }
        }
        output[place * channels + c] = finish(result, count);
      }
    });
    return output;
  };
}

function globalPooling(start, add, finish) {
  return (input, node) => {
    const channels = node.inputShape[2];
    const pixels = input.length / channels;
    return Float32Array.from({ length: channels }, (_, c) => {
      let result = start;
      for (let p = 0; p < pixels; p++) result = add(result, input[p * channels + c]);
      return finish(result, pixels);
    });
  };
}

const maximum = [-Infinity, Math.max, (x) => x];
const mean = [0, (a, b) => a + b, (sum, count) => sum / count];
