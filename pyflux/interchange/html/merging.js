// Layers where branches meet. Their functions get a list of what comes in, and the node's description with the
// list of its inputShapes.

// Calls f with the values of all inputs for each place of the output; an axis of length 1 has one for all.
const elementwise = (f) => (inputs, node) => {
  const shape = node.outputShape;
  const place = (index, of) => {
    let found = 0;
    let step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      found += (index % shape[axis]) * (of[axis] === 1 ? 0 : step);
      step *= of[axis];
      index = Math.floor(index / shape[axis]);
    }
    return found;
  };
  return Float32Array.from({ length: product(shape) }, (_, i) =>
    f(inputs.map((input, k) => input[place(i, node.inputShapes[k])])),
  );
};

function concatenate(inputs, node) {
  const { axis } = node.options;
  const output = new Float32Array(product(node.outputShape));
  const size = product(node.outputShape.slice(axis));
  let start = 0;
  inputs.forEach((input, k) => {
    const row = product(node.inputShapes[k].slice(axis));
    for (let i = 0; i * row < input.length; i++) {
      output.set(input.subarray(i * row, (i + 1) * row), i * size + start);
    }
    start += row;
  });
  return output;
}

const MERGING = {
  Add: elementwise((values) => values.reduce((a, b) => a + b)),
  Subtract: elementwise(([a, b]) => a - b),
  Multiply: elementwise((values) => values.reduce((a, b) => a * b)),
  Average: elementwise((values) => values.reduce((a, b) => a + b) / values.length),
  Maximum: elementwise((values) => Math.max(...values)),
  Minimum: elementwise((values) => Math.min(...values)),
  Concatenate: concatenate,
};
