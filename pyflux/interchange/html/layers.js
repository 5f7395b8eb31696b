// Layers on arrays of numbers, in the layout of Keras (rows, columns, channels).
//
// To add a layer, add its function to LAYERS here and in description.py. It gets the numbers that come in and
// the node's description (inputShape, outputShape, options, weights), and returns what comes out.

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

// Numbers that share a mean are given by `group(i)`, a number for each value.
function normalizedGroups(input, node, count, group) {
  const channels = node.inputShape[node.inputShape.length - 1];
  const { gamma, beta } = node.weights;
  const totals = new Float64Array(count);
  const squares = new Float64Array(count);
  const size = input.length / count;
  input.forEach((value, i) => (totals[group(i)] += value / size));
  input.forEach((value, i) => (squares[group(i)] += (value - totals[group(i)]) ** 2 / size));
  return input.map((value, i) => {
    const g = group(i);
    const normalized = (value - totals[g]) / Math.sqrt(squares[g] + node.options.epsilon);
    return normalized * (gamma ? gamma[i % channels] : 1) + (beta ? beta[i % channels] : 0);
  });
}

function layerNormalization(input, node) {
  const channels = node.inputShape[node.inputShape.length - 1];
  return normalizedGroups(input, node, input.length / channels, (i) => Math.floor(i / channels));
}

function groupNormalization(input, node) {
  const channels = node.inputShape[node.inputShape.length - 1];
  const { groups } = node.options;
  const size = channels / groups;
  return normalizedGroups(input, node, groups, (i) => Math.floor((i % channels) / size));
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

// A part of the image at other places; `box` is its first row and column, and its height and width.
function resampled(input, node) {
  const [, width, channels] = node.inputShape;
  const [rows, columns] = node.outputShape;
  const { box, interpolation } = node.options;
  // The two pixels between whose centres a place lies, and the share of the second.
  const between = (place, places, first, size) => {
    const at = ((place + 0.5) * size) / places;
    if (interpolation === "nearest") return [first + Math.floor(at), first, 0];
    const centre = Math.min(Math.max(at - 0.5, 0), size - 1);
    const low = Math.floor(centre);
    return [first + low, first + Math.min(low + 1, size - 1), centre - low];
  };
  const output = new Float32Array(product(node.outputShape));
  for (let y = 0; y < rows; y++) {
    const [top, bottom, down] = between(y, rows, box[0], box[2]);
    for (let x = 0; x < columns; x++) {
      const [left, right, across] = between(x, columns, box[1], box[3]);
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
  SeparableConv2D: separableConv2D,
  Conv2DTranspose: conv2dTranspose,
  MaxPooling2D: pooling(...maximum),
  AveragePooling2D: pooling(...mean),
  GlobalMaxPooling2D: globalPooling(...maximum),
  GlobalAveragePooling2D: globalPooling(...mean),
  Flatten: same,
  Reshape: same,
  Permute: permute,
  ZeroPadding2D: shifted(1),
  Cropping2D: shifted(-1),
  UpSampling2D: resampled,
  Resizing: resampled,
  CenterCrop: shifted(-1),
  RandomCrop: shifted(-1),  // of its middle
  Dense: dense,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
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
  SpatialDropout2D: same,
  GaussianNoise: same,
  RandomFlip: same,
  RandomTranslation: same,
  RandomRotation: same,
  RandomZoom: same,
  RandomContrast: same,
  RandomBrightness: same,
};
