// The page: a pad to draw on or to drop a picture on, the classes, and the layers' outputs as pictures.

const description = JSON.parse(document.getElementById("description").textContent);
const network = new Network(description);
const [rows, columns, channels] = network.inputShape;
const byId = (id) => document.getElementById(id);
const pad = byId("pad");
const context = pad.getContext("2d", { willReadFrequently: true });
const drawn = channels === 1;
let empty = true;

// ── From the pad to pixels ──────────────────────────────────────────────────────────────────────────────

// The mean of each of width × height cells that divide a box of an image; outside it is black.
function resample(image, box, width, height) {
  const weights = (start, cell, count, limit) =>
    Array.from({ length: count }, (_, k) => {
      const [low, high] = [start + k * cell, start + (k + 1) * cell];
      const found = [];
      for (let p = Math.max(0, Math.floor(low)); p < Math.min(limit, Math.ceil(high)); p++) {
        found.push([p, (Math.min(high, p + 1) - Math.max(low, p)) / cell]);
      }
      return found;
    });
  const across = weights(box.left, box.width / width, width, image.width);
  const down = weights(box.top, box.height / height, height, image.height);
  const result = new Float64Array(width * height * 3);
  down.forEach((cells, y) => {
    for (const [row, a] of cells) {
      across.forEach((spans, x) => {
        for (const [column, b] of spans) {
          for (let c = 0; c < 3; c++) {
            result[(y * width + x) * 3 + c] += a * b * image.data[(row * image.width + column) * 4 + c];
          }
        }
      });
    }
  });
  return result;
}

const brightness = (colours) =>
  Float64Array.from({ length: colours.length / 3 }, (_, i) => (colours[3 * i] + colours[3 * i + 1] + colours[3 * i + 2]) / 3);

// The smallest box around what is drawn, null if nothing is.
function ink(image) {
  let [left, top, right, bottom] = [image.width, image.height, -1, -1];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (image.data[(y * image.width + x) * 4] > 20) {
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

// As the pictures of MNIST were made: fitted into a box of 20 of 28 pixels, its centre of mass in the middle.
// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
function centred(image) {
  const box = ink(image);
  if (!box) return new Float64Array(rows * columns);
  const scale = Math.min((rows * 20) / 28 / box.height, (columns * 20) / 28 / box.width);
  const around = { width: columns / scale, height: rows / scale };
  around.left = box.left + (box.width - around.width) / 2;
  around.top = box.top + (box.height - around.height) / 2;
  for (let pass = 0; pass < 2; pass++) {
    const pixels = brightness(resample(image, around, columns, rows));
    let [mass, x, y] = [0, 0, 0];
    pixels.forEach((value, i) => {
      mass += value;
      x += value * ((i % columns) + 0.5);
      y += value * (Math.floor(i / columns) + 0.5);
    });
    if (pass || !mass) return pixels;
    around.left += Math.round(x / mass - columns / 2) / scale;
    around.top += Math.round(y / mass - rows / 2) / scale;
  }
}

function pixels() {
  const image = context.getImageData(0, 0, pad.width, pad.height);
  if (drawn && byId("centre").checked) return centred(image);
  const colours = resample(image, { left: 0, top: 0, width: pad.width, height: pad.height }, columns, rows);
  return drawn ? brightness(colours) : colours;
}

// ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────

function shares(outputs) {
  if (description.outputs === "logits") return Array.from(ACTIVATIONS.softmax(outputs, {}, outputs.length));
  if (description.outputs === "binary") return [1 - outputs[0], outputs[0]];
  return Array.from(outputs);
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const written = (value) => (description.outputs === "values" ? value.toPrecision(4) : percent(value));

const lines = description.classNames.map((name) => {
  const line = document.createElement("li");
  for (const part of ["name", "track", "value"]) {
    line.append(Object.assign(document.createElement("span"), { className: part }));
  }
  line.children[0].textContent = line.children[0].title = name;
  line.children[1].append(Object.assign(document.createElement("div"), { className: "bar" }));
  byId("classes").append(line);
  return line;
});

function showClasses(values) {
  const highest = Math.max(...values);
  const best = values.indexOf(highest);
  const whole = description.outputs === "values" ? Math.max(...values.map(Math.abs), 1e-30) : 1;
  lines.forEach((line, i) => {
    line.classList.toggle("first", !empty && i === best);
    line.querySelector(".bar").style.width = empty ? "0" : `${(100 * Math.abs(values[i])) / whole}%`;
    line.querySelector(".value").textContent = empty ? "" : written(values[i]);
  });
  byId("best").textContent = empty ? "–" : description.classNames[best];
  return empty ? "" : `${description.classNames[best]}, ${written(highest)}`;
}

const MOST_MAPS = 32;

const galleries = network.nodes
  .map((node, index) => ({ node, index }))
  .filter(({ node }) => node.outputShape.length === 3 && node.outputShape[0] > 1)
  .filter(({ node }) => !(node.layer in LAYERS) || LAYERS[node.layer] !== same || node.activation.name !== "linear")
  .map(({ node, index }) => {
    const [height, width, count] = node.outputShape;
    const shown = Math.min(count, MOST_MAPS);
    const gallery = document.createElement("details");
    gallery.open = index < 2;
    const title = document.createElement("summary");
    title.textContent = `${node.name}: ${shown < count ? `${shown} of ` : ""}${count} maps of ${height}×${width}`;
    const images = Object.assign(document.createElement("div"), { className: "images" });
    images.setAttribute("role", "img");
    images.setAttribute("aria-label", `Outputs of the layer ${node.name}`);
    for (let c = 0; c < shown; c++) images.append(Object.assign(document.createElement("canvas"), { width, height }));
    gallery.append(title, images);
    gallery.addEventListener("toggle", update);
    byId("maps").append(gallery);
    byId("maps").hidden = false;
    return { gallery, images, index, height, width, count };
  });

function showMaps(outputs) {
  for (const { gallery, images, index, height, width, count } of galleries) {
    if (!gallery.open) continue;
    const values = outputs[index];
    [...images.children].forEach((canvas, c) => {
      const target = canvas.getContext("2d");
      const image = target.createImageData(width, height);
      let [low, high] = [Infinity, -Infinity];
      for (let i = c; i < values.length; i += count) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
      for (let i = 0; i < width * height; i++) {
        const value = high > low ? (255 * (values[i * count + c] - low)) / (high - low) : 0;
        image.data.set([value, value, value, 255], 4 * i);
      }
      target.putImageData(image, 0, 0);
    });
  }
}

let waiting = false;
let spoken = ""; // where the pen is, for those who draw by keyboard

function update() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const outputs = network.run(pixels());
    showMaps(outputs);
    const answer = showClasses(shares(outputs[outputs.length - 1]));
    if (!drawing) byId("status").textContent = [answer, spoken].filter(Boolean).join("; ");
  });
}

// ── Mouse, finger, keyboard, files ──────────────────────────────────────────────────────────────────────

let drawing = false;
let pen = { x: pad.width / 2, y: pad.height / 2 };

function clear() {
  context.fillStyle = "#000";
  context.fillRect(0, 0, pad.width, pad.height);
  empty = true;
  update();
}

function stroke(to) {
  context.strokeStyle = "#fff";
  context.lineWidth = pad.width / 13;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(pen.x, pen.y);
  context.lineTo(to.x, to.y);
  context.stroke();
  pen = to;
  empty = false;
  update();
}

function place(event) {
  const area = pad.getBoundingClientRect();
  return {
    x: ((event.clientX - area.left) * pad.width) / area.width,
    y: ((event.clientY - area.top) * pad.height) / area.height,
  };
}

function listenToPen() {
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    drawing = true;
    spoken = "";
    pen = place(event);
    stroke(pen);
  });
  pad.addEventListener("pointermove", (event) => {
    if (drawing) for (const each of event.getCoalescedEvents?.() ?? [event]) stroke(place(each));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pad.addEventListener(name, () => {
      drawing = false;
      update();
    });
  }
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let penDown = false;

function listenToKeys() {
  pad.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (event.key === " ") penDown = !penDown;
    else if (event.key === "Escape" || event.key === "Delete") {
      penDown = false;
      clear();
    } else if (!step) return;
    event.preventDefault();
    if (step) {
      const size = pad.width / 28;
      const limited = (value, most) => Math.min(Math.max(value, 0), most);
      const to = { x: limited(pen.x + step[0] * size, pad.width), y: limited(pen.y + step[1] * size, pad.height) };
      if (penDown) stroke(to);
      else pen = to;
    } else if (penDown) stroke(pen);
    const [column, row] = [pen.x, pen.y].map((value) => Math.round((28 * value) / pad.width));
    spoken = `pen ${penDown ? "down" : "up"}, column ${column}, row ${row}`;
    update();
  });
}

// The middle of the picture, as large as the pad.
async function show(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    byId("status").textContent = byId("best").textContent = "This file is no picture.";
    return;
  }
  clear();
  const scale = Math.max(pad.width / bitmap.width, pad.height / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (pad.width - width) / 2, (pad.height - height) / 2, width, height);
  empty = false;
  update();
}

function listenToFiles() {
  const chosen = byId("file");
  chosen.addEventListener("change", () => chosen.files[0] && show(chosen.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      pad.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files[0]) show(event.dataTransfer.files[0]);
    });
  }
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData.files[0];
    if (file) show(file);
  });
}

if (drawn) {
  listenToPen();
  listenToKeys();
  byId("centre").addEventListener("change", update);
} else {
  listenToFiles();
}
byId("clear").addEventListener("click", clear);
clear();
