// The network: its layers, computed one after the other.

function decode(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

class Network {
  constructor(description) {
    this.inputShape = description.inputShape;
    this.scale = description.scale;
    this.nodes = [];
    for (const node of description.nodes) {
      const weights = Object.entries(node.weights).map(([name, text]) => [name, decode(text)]);
      // A layer that is called again has the weights of its first call.
      const shared = node.owner === null ? Object.fromEntries(weights) : this.nodes[node.owner].weights;
      this.nodes.push({ ...node, inputShape: node.inputShapes[0], weights: shared });
    }
  }

  // Returns what every layer gives for one sample of pixels from 0 to 255, the last being the prediction.
  run(pixels) {
    const samples = Float32Array.from(pixels, (pixel) => pixel * this.scale);
    const values = [];
    for (const node of this.nodes) {
      const inputs = node.inputs.map((i) => (i < 0 ? samples : values[i]));
      const size = node.outputShape[node.outputShape.length - 1];
      const output =
        node.layer in MERGING ? MERGING[node.layer](inputs, node) : LAYERS[node.layer](inputs[0], node);
      values.push(ACTIVATIONS[node.activation.name](output, node.activation, size));
    }
    return values;
  }
}
