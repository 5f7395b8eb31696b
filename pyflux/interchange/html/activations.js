// Activations: they get the numbers, their options, and the length of the last axis.

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
