// The network: layers on arrays of numbers, in the layout of Keras (rows, columns, channels).
//
// To add a layer, add its function to LAYERS here and in description.py. It gets the numbers that come in and
// the node's description (inputShape, outputShape, options, weights), and returns what comes out.

"use strict";

function product(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

function decode(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
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

// Over the last axis, whatever comes before it.
function dense(input, node) {
  const { kernel, bias } = node.weights;
  const units = node.outputShape[node.outputShape.length - 1];
  const features = kernel.length / units;
  const output = new Float32Array(product(node.outputShape));
  const sums = new Float64Array(units);
  for (let row = 0; row < input.length / features; row++) {
    for (let u = 0; u < units; u++) sums[u] = bias ? bias[u] : 0;
    for (let i = 0; i < features; i++) {
      const value = input[row * features + i];
      if (value === 0) continue;
      for (let u = 0; u < units; u++) sums[u] += value * kernel[i * units + u];
    }
    output.set(sums, row * units);
  }
  return output;
}

function batchNormalization(input, node) {
  const { gamma, beta, moving_mean: means, moving_variance: variances } = node.weights;
  return input.map((value, i) => {
    const c = i % means.length;
    const normalized = (value - means[c]) / Math.sqrt(variances[c] + node.options.epsilon);
    return normalized * (gamma ? gamma[c] : 1) + (beta ? beta[c] : 0);
  });
}

function rescaling(input, node) {
  const { scale, offset } = node.options;
  const at = (value, i) => (Array.isArray(value) ? value[i % value.length] : value);
  return input.map((value, i) => value * at(scale, i) + at(offset, i));
}

const same = (input) => input;

function permute(input, node) {
  const { dims } = node.options;
  const strides = node.inputShape.map((_, axis) => product(node.inputShape.slice(axis + 1)));
  return input.map((_, index) => {
    let source = 0;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      source += (index % node.outputShape[axis]) * strides[dims[axis] - 1];
      index = Math.floor(index / node.outputShape[axis]);
    }
    return input[source];
  });
}

// Moves the image down and to the right, or up and to the left; what lies outside of it is 0.
function shifted(sign) {
  return (input, node) => {
    const [height, width, channels] = node.inputShape;
    const [rows, columns] = node.outputShape;
    const output = new Float32Array(product(node.outputShape));
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [r, c] = [y - sign * node.options.top, x - sign * node.options.left];
        if (r < 0 || c < 0 || r >= height || c >= width) continue;
        const start = (r * width + c) * channels;
        output.set(input.subarray(start, start + channels), (y * columns + x) * channels);
      }
    }
    return output;
  };
}

function upSampling2D(input, node) {
  const [height, width, channels] = node.inputShape;
  const [rows, columns] = node.outputShape;
  const { size, interpolation } = node.options;
  // The two pixels between whose centres a place lies, and the share of the second.
  const between = (place, factor, limit) => {
    if (interpolation === "nearest") return [Math.floor(place / factor), 0, 0];
    const centre = Math.min(Math.max((place + 0.5) / factor - 0.5, 0), limit - 1);
    const first = Math.floor(centre);
    return [first, Math.min(first + 1, limit - 1), centre - first];
  };
  const output = new Float32Array(product(node.outputShape));
  for (let y = 0; y < rows; y++) {
    const [top, bottom, down] = between(y, size[0], height);
    for (let x = 0; x < columns; x++) {
      const [left, right, across] = between(x, size[1], width);
      const at = (r, c, k) => input[(r * width + c) * channels + k];
      for (let k = 0; k < channels; k++) {
        const above = (1 - across) * at(top, left, k) + across * at(top, right, k);
        const below = (1 - across) * at(bottom, left, k) + across * at(bottom, right, k);
        output[(y * columns + x) * channels + k] = (1 - down) * above + down * below;
      }
    }
  }
  return output;
}

function normalization(input, node) {
  const channels = node.inputShape[node.inputShape.length - 1];
  const mean = node.options.mean || node.weights.mean;
  const deviation =
    node.options.deviation || Array.from(node.weights.variance, (v) => Math.max(Math.sqrt(v), 1e-7));
  return input.map((value, i) => (value - mean[i % channels]) / deviation[i % channels]);
}

const LAYERS = {
  Conv2D: conv2d,
  DepthwiseConv2D: conv2d,  // with a group for each channel, its kernel has the same order
  MaxPooling2D: pooling(...maximum),
  AveragePooling2D: pooling(...mean),
  GlobalMaxPooling2D: globalPooling(...maximum),
  GlobalAveragePooling2D: globalPooling(...mean),
  Flatten: same,
  Reshape: same,
  Permute: permute,
  ZeroPadding2D: shifted(1),
  Cropping2D: shifted(-1),
  UpSampling2D: upSampling2D,
  Dense: dense,
  BatchNormalization: batchNormalization,
  Rescaling: rescaling,
  Normalization: normalization,
  // Their function is applied after every layer that has one.
  Activation: same,
  ReLU: same,
  LeakyReLU: same,
  ELU: same,
  Softmax: same,
  // What works in training alone.
  Dropout: same,
  RandomFlip: same,
  RandomTranslation: same,
  RandomRotation: same,
  RandomZoom: same,
  RandomContrast: same,
};

// ── Activations ─────────────────────────────────────────────────────────────────────────────────────────

// Abramowitz and Stegun's 7.1.26 has five digits; this is W. J. Cody's way, by a series and a continued fraction.
function erf(x) {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 80; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI)));
}

const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const hardSigmoid = (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1);
const elu = (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x));
const leaky = (x, slope) => (x > 0 ? x : slope * x);

const each = (f) => (input, options) => input.map((x) => f(x, options));

// Over the last axis, of `size` numbers.
const overRows = (finish) => (input, options, size) => {
  const output = new Float32Array(input.length);
  for (let start = 0; start < input.length; start += size) {
    const row = input.subarray(start, start + size);
    const highest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((a, b) => a + Math.exp(b - highest), 0);
    row.forEach((x, i) => {
      output[start + i] = finish(x - highest, total);
    });
  }
  return output;
};

const ACTIVATIONS = {
  linear: same,
  relu: each((x) => Math.max(x, 0)),
  relu6: each((x) => Math.min(Math.max(x, 0), 6)),
  leaky_relu: each((x) => leaky(x, 0.2)),
  elu: each((x) => elu(x, 1)),
  selu: each((x) => 1.0507009873554805 * elu(x, 1.6732632423543772)),
  gelu: each((x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  silu: each((x) => x * sigmoid(x)),
  hard_sigmoid: each(hardSigmoid),
  hard_silu: each((x) => x * hardSigmoid(x)),
  softplus: each(softplus),
  softsign: each((x) => x / (1 + Math.abs(x))),
  sigmoid: each(sigmoid),
  tanh: each(Math.tanh),
  exponential: each(Math.exp),
  mish: each((x) => x * Math.tanh(softplus(x))),
  softmax: overRows((shifted, total) => Math.exp(shifted) / total),
  log_softmax: overRows((shifted, total) => shifted - Math.log(total)),
  ReLU: each((x, o) =>
    x > o.threshold ? Math.min(x, o.max_value ?? Infinity) : o.negative_slope * (x - o.threshold),
  ),
  LeakyReLU: each((x, o) => leaky(x, o.negative_slope)),
  ELU: each((x, o) => elu(x, o.alpha)),
};

class Network {
  constructor(description) {
    this.inputShape = description.inputShape;
    this.scale = description.scale;
    this.nodes = description.nodes.map((node) => ({
      ...node,
      weights: Object.fromEntries(Object.entries(node.weights).map(([name, text]) => [name, decode(text)])),
    }));
  }

  // Returns what every layer gives for one sample of pixels from 0 to 255, the last being the prediction.
  run(pixels) {
    let values = Float32Array.from(pixels, (pixel) => pixel * this.scale);
    return this.nodes.map((node) => {
      const size = node.outputShape[node.outputShape.length - 1];
      values = ACTIVATIONS[node.activation.name](LAYERS[node.layer](values, node), node.activation, size);
      return values;
    });
  }
}
