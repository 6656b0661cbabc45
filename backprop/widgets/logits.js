// The logits figure of chapter 8: five scores, their chances, and what each is told to do.

import { button, choice, drawing, format, html, line, live, math, path, place, scale, scientific,
  slider, svg, text, tie, toggle } from "./figure.js";

/** No logit goes further, whatever is pressed. */
export const MOST = 50;
const CLASSES = [0, 1, 2, 3, 4], WAYS = ["P − Y", "element by element"];
const sum = (values) => values.reduce((total, v) => total + v, 0);

/** P, Y, the slopes P − Y, what comes out element by element, −Y/P · P(1 − P), and the loss. */
export function compute({ S, y, smoothing }) {
  const top = Math.max(...S), E = S.map((s) => Math.exp(s - top)), total = sum(E);
  const P = E.map((e) => e / total);
  const Y = S.map((_, i) => smoothing / S.length + (i === y ? 1 - smoothing : 0));
  return { P, Y, slope: P.map((p, i) => p - Y[i]), separate: P.map((p, i) => -Y[i] * (1 - p)),
    loss: sum(S.map((s, i) => Y[i] * (Math.log(total) + top - s))) };
}

/** The logits after some steps downhill, along the slopes or along the separate ones. */
export function descend(state, steps) {
  let S = state.S;
  while (steps--) {
    const now = compute({ ...state, S }), way = state.elementwise ? now.separate : now.slope;
    S = S.map((s, i) => s - state.lr * way[i]);
  }
  return S;
}

/** Three decimals, or a power of ten for what they would hide. Round-off counts as 0. */
function show(v) {
  const size = Math.abs(v);
  if (size < 1e-13) return "0";
  return size < 5e-4 ? scientific(v) : v.toFixed(3).replace("-", "−");
}
const list = (items) => items.slice(0, -1).join(", ") + " and " + items.at(-1);

/** One class: its chance with the target as a mark, and its slope to the left or right. */
function drawClass(name, width) {
  const [X, M] = areas(width), middle = M(0);
  const chance = svg("rect", { class: "chance", x: X(0), y: 9, height: 16 });
  const target = path("target"), slope = svg("rect", { class: "slope" });
  const separate = svg("rect", { class: "separate", y: 20, height: 11 }), hatch = path("hatch");
  const number = text(0, 22, "number"), told = text(0, 0, "told"), wrong = text(0, 30, "told");
  const { node, describe } = drawing("row", [width, 34], `Class ${name}: P and P − Y`,
    path("axis", `M${X(0)} 1V33M${middle} 1V33`), chance, target, number, slope, separate, hatch,
    told, wrong);
  const bar = (rect, v) => place(rect, { x: M(Math.min(v, 0)), width: M(Math.abs(v)) - middle });
  /** A number stands across the axis from its bar. */
  const label = (node, v) => {
    place(node, { x: middle + (v < 0 ? 6 : -6), "text-anchor": v < 0 ? "start" : "end" });
    node.textContent = show(v);
  };
  return { node, update({ P, Y, slope: slopes, separate: others }, i, { elementwise }) {
    place(chance, { width: X(P[i]) - X(0) });
    place(target, { d: `M${X(Y[i])} 4V30` });
    place(number, { x: X(Math.max(P[i], Y[i] > P[i] && Y[i] - P[i] < 0.4 ? Y[i] : 0)) + 6 });
    number.textContent = show(P[i]);
    bar(slope, slopes[i]);
    place(slope, elementwise ? { y: 3, height: 13 } : { y: 9, height: 16 });
    label(told, slopes[i]);
    place(told, { y: elementwise ? 14 : 22 });
    bar(separate, others[i]);
    label(wrong, others[i]);
    const left = M(others[i]), lines = Math.floor((middle - left) / 6);
    place(hatch, { d: Array.from({ length: lines }, (_, k) => `M${left + 6 * k} 31l6 -11`).join("") });
    for (const node of [separate, hatch, wrong]) toggle(node, "off", !elementwise);
    describe(`P = ${show(P[i])}, Y = ${show(Y[i])}, P − Y = ${show(slopes[i])}`
      + (elementwise ? `, element by element ${show(others[i])}.` : "."));
  } };
}
/** Where P lies, from 0 to 1, and where slopes do, from −1 to 1. */
function areas(width) {
  const middle = 0.7 * width, reach = 0.3 * width - 2;
  return [scale(0, 1, 1, 0.4 * width - 46), scale(-1, 1, middle - reach, middle + reach)];
}

/** What is to be seen, when nothing has just been done. */
function narrate({ y, smoothing, lr, elementwise }, { P, Y, slope, separate, loss }) {
  if (elementwise)
    return "Element by element, the slope would be −y/p × p(1 − p), hatched. "
      + (smoothing ? "All five are negative" : `For class ${y} it is the same; for the others it is 0`)
      + `: a step lowers no logit. The five add up to ${show(sum(separate))} instead of 0.`;
  if (smoothing && Math.max(...slope.map(Math.abs)) < 2e-3)
    return `P has all but reached Y, and P − Y is all but 0: logit ${y} comes to rest ahead of the `
      + `others by log(${show(Y[y])}/${show(smoothing / 5)}) = ${show(Math.log((5 * Y[y]) / smoothing))}.`;
  const [raises, lowers] = slope[y] < 0 ? ["raises", "lowers"] : ["lowers", "raises"];
  return (smoothing
    ? `Class ${y} is to have ${show(Y[y])}, each other one ${show(smoothing / 5)}; it has ${show(P[y])}. `
    : `Class ${y} is right, and it has P = ${show(P[y])}: the loss is −log ${show(P[y])} = ${show(loss)}. `)
    + `A step ${raises} its logit by ${format(lr)} × ${show(Math.abs(slope[y]))}, and ${lowers} the `
    + "others by as much in all.";
}

/** What one logit that has moved did to the others. */
function compare(before, state, i) {
  const by = state.S[i] - before.S[i], [from, to] = [before, state].map(compute);
  if (Math.abs(by) < 1e-9) return "";
  const [verb, given, way, became] = by > 0 ? ["Rais", "taken from", "from", "shrank"]
    : ["Lower", "given to", "to", "grew"];
  const parts = CLASSES.filter((j) => j !== i)
    .map((j, k) => `${show(Math.abs(to.P[j] - from.P[j]))} ${way} ${k ? "" : "class "}${j}`);
  return `${verb}ing logit ${i} by ${format(+Math.abs(by).toFixed(3))} ${verb.toLowerCase()}ed its P by `
    + `${show(Math.abs(to.P[i] - from.P[i]))}, ${given} the others: ${list(parts)}. All four ${became} `
    + `by the same factor, ${show((1 - to.P[i]) / (1 - from.P[i]))}. `
    + `The loss went from ${show(from.loss)} to ${show(to.loss)}.`;
}

function render({ model, el }) {
  let rows, held, since, taken = 0;
  const sliders = CLASSES.map((i) => slider("s" + i, `logit ${i}`, null,
    (s) => move(i, s), (s) => s.toFixed(2).replace("-", "−")));
  const cells = CLASSES.map((i) => html("div", { class: "line" }, sliders[i].node, html("div", {})));
  const heading = html("div", { class: "heading" }), kind = svg("tspan", {});
  const facts = html("dl", {}), readings = {};
  for (const [key, name] of Object.entries({ loss: "loss", gap: "", sum: "sum of P − Y",
    wrong: "sum, hatched" })) {
    readings[key] = { name: html("dt", {}, name), value: html("dd", {}) };
    facts.append(html("div", { class: key }, readings[key].name, readings[key].value));
  }
  const figure = live({ model, el }, {
    kind: "logits", label: "five logits and the slopes of their loss",
    names: ["S", "y", "smoothing", "lr", "elementwise"],
    draw(layout) {
      const width = layout === "wide" ? 440 : 360, [X, M] = areas(width);
      rows = CLASSES.map((i) => drawClass(i, width));
      rows.forEach(({ node }, i) => cells[i].lastChild.replaceChildren(node));
      heading.replaceChildren(svg("svg", { viewBox: `0 0 ${width} 34`, "aria-hidden": "true" },
        text(X(0), 12, "", math("P"), " and ", svg("tspan", { class: "goal" }, "target ", math("Y"))),
        text(M(0), 12, "middle", math("P − Y"), kind),
        ...[0, 1].map((v) => text(X(v), 30, "middle tick", v)),
        ...[-1, 0, 1].map((v) => text(M(v), 30, v ? v < 0 ? "tick" : "end tick" : "middle tick",
          format(v)))));
    },
    update(state, message) {
      const { S, y, smoothing, elementwise } = state, now = compute(state);
      const low = Math.min(-6, Math.floor(Math.min(...S))), high = Math.max(6, Math.ceil(Math.max(...S)));
      sliders.forEach((slider, i) => {
        slider.update(S[i], [low, high, 0.1]);
        rows[i].update(now, i, state);
        toggle(cells[i], "right", i === y);
      });
      smooth.update(-smoothing);
      classes.update(String(y));
      way.update(WAYS[+elementwise]);
      kind.textContent = elementwise ? " and hatched −Y(1 − P)" : ", the slope";
      readings.loss.value.textContent = smoothing ? show(now.loss)
        : `−log ${show(now.P[y])} = ${show(now.loss)}`;
      readings.sum.value.textContent = show(sum(now.slope));
      readings.wrong.value.textContent = show(sum(now.separate));
      toggle(readings.wrong.name.parentNode, "off", !elementwise);
      readings.gap.name.textContent = `logit ${y} ahead by`;
      readings.gap.value.textContent = show(S[y] - Math.max(...S.filter((_, i) => i !== y)));
      for (const [node, next] of [[higher, shifted(S, 1)], [lower, shifted(S, -1)],
        [step, descend(state, 1)], [twenty, descend(state, 20)]])
        node.setAttribute("aria-disabled", !fits(next));
      story.textContent = tie(message || narrate(state, now));
    },
  });
  const { root, story, state } = figure;
  const fits = (S) => S.every((s) => Math.abs(s) <= MOST);
  const shifted = (S, by) => S.map((s) => s + by);
  function set(changes, say) {
    held = since = undefined;
    taken = 0;
    figure.set(changes, say);
  }
  /** One logit at a time: what it did is told from where it stood when it was taken up. */
  function move(i, s) {
    taken = 0;
    if (held !== i) since = state();
    held = i;
    figure.set({ S: state().S.with(i, s) }, (now) => compare(since, now, i));
  }
  function shift(by) {
    const S = shifted(state().S, by);
    if (fits(S)) set({ S }, () => `Every logit is ${by > 0 ? "higher" : "lower"} by 1, and nothing `
      + "else has changed: no P, no slope, not the loss. Softmax sees only the differences.");
  }
  function go(steps) {
    const before = state(), S = descend(before, steps), first = taken + 1;
    if (!fits(S)) return;
    set({ S }, (now) => {
      const { y, elementwise, smoothing } = now, [from, to] = [before, now].map(compute);
      const by = S.map((s, i) => s - before.S[i]), rest = sum(by) - by[y];
      const told = steps > 1 ? `Steps ${first} to ${first + steps - 1}` : `Step ${first}`;
      if (smoothing && !elementwise && Math.max(...to.slope.map(Math.abs)) < 2e-3)
        return `${told}: ` + narrate(now, to);
      return `${told}${elementwise ? ", element by element" : ""}: logit ${y} `
        + `${by[y] < 0 ? "down" : "up"} by ${show(Math.abs(by[y]))}, the other four `
        + (Math.abs(rest) < 1e-13 ? "where they were"
          : `${rest < 0 ? "down" : "up"} by ${show(Math.abs(rest))} in all`)
        + `. The loss went from ${show(from.loss)} to ${show(to.loss)}.`
        + (elementwise ? " Nothing is ever lowered: logits can only rise."
          : ` What is left of P − Y for class ${y} is ${show(to.slope[y])}.`);
    });
    taken = first + steps - 1;
  }
  const classes = choice("right class", CLASSES.map(String), (y) => set({ y: +y }));
  const way = choice("slope", WAYS, (value) => set({ elementwise: value === WAYS[1] }));
  const smooth = slider("smoothing", "target of the right class", [-0.3, 0, 0.01],
    (v) => set({ smoothing: Math.abs(v) }),
    (v) => `${format(1 + 0.8 * v)} (ε = ${format(Math.abs(v))})`);
  const step = button("Step downhill", () => go(1), "button main");
  const twenty = button("20 steps", () => go(20));
  const higher = button("All logits +1", () => shift(1)), lower = button("All logits −1", () => shift(-1));
  root.append(classes.node,
    html("div", { class: "table" }, heading, ...cells),
    facts, story,
    html("div", { class: "buttons" }, step, twenty, higher, lower,
      button("Reset", () => set(model.get("start")))),
    html("div", { class: "choices" }, html("div", { class: "sliders" }, smooth.node), way.node));
  return figure.start();
}

export default { render };
