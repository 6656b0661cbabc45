// What all figures share. figure.py puts this text where a figure's file imports it, so
// that the one module a notebook saves holds everything.

/** A number with a true minus: as short as is exact (`least` decimals or more), else 4. */
export function format(v, least = 0) {
  const size = Math.abs(v);
  if (size >= 1e4 || (size > 0 && size < 5e-4)) return scientific(v);
  let s = v.toFixed(4);
  for (let d = 3; d >= least && Math.abs(v - v.toFixed(d)) < 1e-9; d--) s = v.toFixed(d);
  return s.replace("-", "−");
}

/** A number as three digits times a power of ten. */
export function scientific(v) {
  const [front, exponent] = v.toExponential(2).split("e");
  const power = "10" + [...String(+exponent)].map(
    (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
  return (front + "·" + power).replace("-", "−");
}

/** The same, but a power of ten alone, and 1 as it is. */
export const short = (v) => (v === 1 ? "1" : scientific(v).replace("1.00·", ""));

/** A number as a factor of a product: in parentheses where it is negative. */
export const factor = (v) => (v < 0 ? `(${format(v)})` : format(v));

/** A sentence that does not break in the middle of a formula. */
export const tie = (string) =>
  string.replace(/([=×]) /g, "$1\u00a0").replace(/ − /g, "\u00a0−\u00a0");

const css = (names) => names.replace(/\S+/g, "bp-$&");
function make(node, { class: names, ...attributes }, children) {
  if (names) node.setAttribute("class", css(names));
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
export const html = (tag, attributes, ...children) =>
  make(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
export const text = (x, y, names, ...children) => svg("text", { x, y, class: names }, ...children);
export const math = (string) => svg("tspan", { class: "math" }, string);
export const path = (names, d = "") => svg("path", { class: names, d });
export const toggle = (node, name, on) => node.classList.toggle(css(name), on);
export const place = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
};

/** A drawing of a size, with a label, and a text alternative that can be set. */
export function drawing(names, [width, height], label, ...children) {
  const words = svg("desc", {});
  const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: names,
    "aria-label": label }, words, ...children);
  return { node, describe(string) { words.textContent = string; } };
}

/** The straight map that takes a to c and b to d. */
export const scale = (a, b, c, d) => (v) => c + ((v - a) / (b - a)) * (d - c);
/** The path through points. */
export const line = (points) =>
  "M" + points.map(([x, y]) => x.toFixed(1) + " " + y.toFixed(1)).join("L");

/** A round dot at each point, where the style gives the path round caps. */
export const dots = (points) =>
  points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("");

/** A point on a side of a box, and whether an edge meets it upright. */
export function anchor([x, y, width, height], side, port, shift = 0) {
  return side === "left" || side === "right"
    ? [side === "left" ? x : x + width, y + height * port + shift, false]
    : [x + width * port + shift, side === "top" ? y : y + height, true];
}

/** A curve and its head. A way back keeps `apart` from its way forward, where steep too. */
export function arrow([sx, sy, leavesUpright], [ex, ey, upright], width, apart = 0, dotted = false) {
  const r = 3.2 + width * 0.55, turn = 28, bend = apart * Math.sign((ex - sx) * (ey - sy));
  const [ux, uy] = upright ? [0, Math.sign(ey - sy)] : [Math.sign(ex - sx), 0];
  const hx = ex - ux * r * 1.7, hy = ey - uy * r * 1.7; // where the head begins
  const mx = (sx + ex) / 2 - bend, my = (sy + ey) / 2 - bend;
  const tx = turn * Math.sign(ex - sx), ty = turn * Math.sign(ey - sy);
  const way = leavesUpright
    ? upright ? `C${sx} ${my} ${hx} ${my} ${hx} ${hy}` : `V${ey - ty}Q${sx} ${ey} ${sx + tx} ${ey}H${hx}`
    : upright ? `H${ex - tx}Q${ex} ${sy} ${ex} ${sy + ty}V${hy}` : `C${mx} ${sy} ${mx} ${hy} ${hx} ${hy}`;
  const head = `M${ex} ${ey}L${hx - uy * r} ${hy - ux * r}L${hx + uy * r} ${hy + ux * r}Z`;
  return [
    svg("path", { class: "line", d: `M${sx} ${sy}${way}`, "stroke-width": width,
      ...(dotted && { "stroke-dasharray": "1 4" }) }),
    path("head", head),
  ];
}

const shortcuts = { "data-lm-suppress-shortcuts": "true" }; // keys are ours, not JupyterLab's

export function button(label, act, names = "button") {
  const node = html("button", { type: "button", class: names, ...shortcuts }, label);
  node.addEventListener("click", act);
  return node;
}

/** A slider with its label and reading. `show` says how it reads a value. */
export function slider(key, label, range, act, show = (v) => format(v, 2)) {
  const value = html("span", { class: "reading", "aria-hidden": "true" });
  const input = html("input", { type: "range", "data-input": key, ...shortcuts });
  input.addEventListener("input", () => act(+input.value));
  return { node: html("label", { class: "slider" }, label, value, input),
    update(v, [min, max, step] = range) {
      input.step = step;
      input.min = v < min ? Math.floor(v) : min; // Python may have set it beyond
      input.max = v > max ? Math.ceil(v) : max;
      input.value = v;
      value.textContent = show(v);
      input.setAttribute("aria-valuetext", value.textContent);
    } };
}

/** A choice between a few values: native radio buttons. */
export function choice(legend, options, act) {
  const name = "bp-" + Math.random(); // another figure's module cannot have the same
  const inputs = options.map((value) => {
    const input = html("input", { type: "radio", name, value, ...shortcuts });
    input.addEventListener("change", () => act(value));
    return input;
  });
  return { node: html("fieldset", { class: "choice" }, html("legend", {}, legend),
    ...inputs.map((input) => html("label", {}, input, input.value))), update(value) {
    for (const input of inputs) input.checked = input.value === value;
  } };
}

/**
 * Tell `act` where a pointer presses or drags on `target`, in the units of the drawing
 * `node`. A finger may want to scroll the page: it is heard when it taps or goes sideways,
 * and at once only where the style says touch-action: none.
 */
export function drag(target, node, act) {
  let waits = false, from;
  const tell = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(node.getScreenCTM().inverse());
    act(at.x, at.y);
  };
  target.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    target.setPointerCapture(event.pointerId);
    from = [event.clientX, event.clientY];
    waits = event.pointerType === "touch" && getComputedStyle(target).touchAction !== "none";
    if (!waits) tell(event);
  });
  target.addEventListener("pointermove", (event) => {
    const [right, down] = [event.clientX - from?.[0], event.clientY - from?.[1]].map(Math.abs);
    if (right > 8 && right > down) waits = false;
    if (!waits && target.hasPointerCapture(event.pointerId)) tell(event);
  });
  target.addEventListener("pointerup", (event) => {
    if (target.hasPointerCapture(event.pointerId)) tell(event);
  });
}

/**
 * A figure in its place: `draw(layout)` whenever its width class changes, "wide" or "tall"
 * (below `narrow` pixels), and `update(state, message)` whenever the traits `names` do.
 */
export function live({ model, el }, { kind, label, names, narrow = 660, draw, update }) {
  let message = "", changing = false;
  const story = html("p", { class: "story", "aria-live": "polite" });
  const root = html("div",
    { class: "figure " + kind, role: "group", "aria-label": "Interactive figure: " + label });
  const state = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const refresh = () => update(state(), message);
  /** Change the model, and say what happened instead of what is to be seen. */
  function set(changes, say = () => "") {
    changing = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    changing = false;
    model.save_changes();
    message = say(state());
    refresh();
  }
  function follow() {
    if (changing) return;
    message = "";
    refresh();
  }
  function arrange() {
    const layout = el.clientWidth < narrow ? "tall" : "wide";
    if (root.dataset.layout === layout) return;
    root.dataset.layout = layout;
    draw(layout);
    refresh();
  }
  /** Speak once, at the end of a drag. */
  const hush = (on) => story.setAttribute("aria-busy", on);
  root.addEventListener("input", () => hush(true), true);
  root.addEventListener("change", () => hush(false), true);
  const observer = new ResizeObserver(arrange), events = names.map((name) => "change:" + name);
  return { root, story, set, state, hush, start() {
    el.append(root);
    events.forEach((event) => model.on(event, follow));
    observer.observe(el);
    arrange();
    return () => {
      observer.disconnect();
      events.forEach((event) => model.off(event, follow));
      root.remove();
    };
  } };
}
