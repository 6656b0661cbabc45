// The shapes figure of chapter 7: every array of a network, and the products that make them.

import { button, drawing, html, live, math, path, slider, svg, text, tie,
  toggle } from "./figure.js";

const range = (n) => Array.from({ length: n }, (_, i) => i);
const A = (layer) => (layer ? "A" + layer : "X");

/** The shapes of all arrays, by name, as [rows, columns]; of a vector, [size]. */
export function shapes({ N, D, H, L, C }) {
  const sizes = [D, ...Array(L - 1).fill(H), C], all = {};
  for (const l of range(L)) {
    const [from, to] = [sizes[l], sizes[l + 1]], layer = l + 1;
    const own = { [A(l)]: [N, from], ["W" + layer]: [from, to], ["b" + layer]: [to],
      ["Z" + layer]: [N, to] };
    for (const [name, shape] of Object.entries(own)) all[name] = all["d" + name] = shape;
  }
  return all;
}

/** What is computed, in order: `of` are the arrays that go in, T those that are turned. */
export function operations({ L }) {
  const forward = range(L).flatMap((l) => [
    { make: "Z" + (l + 1), of: [A(l), "W" + (l + 1)], turned: "", plus: "b" + (l + 1) },
    { make: A(l + 1), of: ["Z" + (l + 1)] }]).slice(0, -1);
  const backward = range(L).reverse().flatMap((l) => {
    const layer = l + 1, dZ = "dZ" + layer;
    return [
      { make: dZ, of: layer === L ? [] : ["d" + A(layer), A(layer)] },
      { make: "dW" + layer, of: [A(l), dZ], turned: A(l) },
      { make: "db" + layer, of: [dZ] },
      ...(l ? [{ make: "d" + A(l), of: [dZ, "W" + layer], turned: "W" + layer }] : [])];
  });
  return [...forward, ...backward];
}
const isProduct = ({ turned }) => turned !== undefined;
const code = (name, turned) => name + (turned ? ".T" : "");
const turn = (shape, turned) => (turned ? [...shape].reverse() : shape);
/** The shapes of what goes in, as it is written. */
const given = (all, { of, turned }) => of.map((name) => turn(all[name], name === turned));

/** What else could be typed with the same arrays, and would come out in the same shape. */
export function mistakes(all, operation) {
  const { make, of, turned } = operation;
  if (make[1] === "b") {
    const [N, size] = all[of[0]];
    return N === size && N > 1 ? [`${of[0]}.sum(axis=1)`] : [];
  }
  // A single number is its own transpose.
  if (!isProduct(operation) || all[make].every((n) => n === 1)) return [];
  const ways = (name) => (all[name].every((n) => n === 1) ? [name === turned] : [false, true])
    .map((t) => ({ code: code(name, t), shape: turn(all[name], t) }));
  const right = of.map((name) => code(name, name === turned)).join(" @ "), [p, q] = of.map(ways);
  return [[p, q], [q, p]].flatMap(([left, others]) => left.flatMap((a) => others
    .filter((b) => a.shape[1] === b.shape[0]
      && tuple([a.shape[0], b.shape[1]]) === tuple(all[make]))
    .map((b) => `${a.code} @ ${b.code}`))).filter((way) => way !== right);
}

/** Multiplications in matrix products, parameters, and what is kept for the way back. */
export function compute(state) {
  const all = shapes(state), list = operations(state);
  const size = (name) => all[name].reduce((n, m) => n * m, 1);
  const work = list.map((operation) => {
    if (!isProduct(operation)) return 0;
    const [[p, q], [, r]] = given(all, operation);
    return p * q * r;
  });
  const sum = (numbers) => numbers.reduce((n, m) => n + m, 0);
  const back = ({ make }) => make[0] === "d", kept = range(state.L).map(A);
  // Each input of a layer is held from when it is made until nothing needs it any more.
  const held = list.map((_, step) => kept.filter((name) =>
    list.findIndex(({ make }) => make === name) <= step
      && list.findLastIndex(({ of }) => of.includes(name)) >= step));
  return { all, list, work, wrong: list.map((operation) => mistakes(all, operation)), held: held.map((names) => ({ names, size: sum(names.map(size)) })),
    kept: sum(kept.map(size)),
    parameters: sum(Object.keys(all).filter((name) => /^[Wb]/.test(name)).map(size)),
    forward: sum(work.filter((_, i) => !back(list[i]))),
    backward: sum(work.filter((_, i) => back(list[i]))) };
}

const side = (n, most) => Math.max(4, most * Math.sqrt(n / 128)); // 1 must be seen beside 128
const tuple = (shape) => `(${shape.join(", ")}${shape.length < 2 ? "," : ""})`;
const count = (n) => n.toLocaleString("en");
const HEIGHT = 112; // of the three arrays of a layer, forward or backward

/** The map of all arrays: a group for each layer, its slopes below or beside it. */
function drawMap(layout, choose) {
  const wide = layout === "wide", size = wide ? [720, 2 * HEIGHT + 30] : [360, 4 * HEIGHT + 15];
  const board = svg("g", {});
  const { node, describe } = drawing("map " + layout, size,
    "The arrays of each layer, in proportion, and their slopes", board);
  return { node, update({ all, list, held, wrong }, L, step) {
    const now = list[step], slot = wide ? Math.min(80, 240 / L) : 60, pieces = [];
    const left = wide ? (size[0] - 3 * L * slot) / 2 : 0, top = wide ? 15 : 15 + ((4 - L) * HEIGHT) / 2;
    const made = (name) => list.findIndex(({ make }) => make === name);
    function box(name, x, y, flat) {
      const [rows, columns] = flat ? [1, all[name][0]] : all[name], at = made(name);
      const [w, h] = [side(columns, 52), flat ? 5 : side(rows, 52)], missing = name === "dX";
      const used = now.of.includes(name) || now.plus === name;
      const state = now.make === name ? " now" : used ? " used" : at > step || missing ? " later" : "";
      const middle = y + (flat ? 88 : 42), shape = missing ? "not needed" : tuple(all[name]);
      const trap = wrong[at]?.length ? " ▲" : "";
      const piece = svg("g", { class: (name[0] === "d" ? "array back" : "array") + state
        + (held[step].names.includes(name) ? " held" : ""), "data-array": name },
      svg("rect", { x: x - w / 2, y: middle - h / 2, width: w, height: h, rx: 1.5 }),
      svg("rect", { class: "hit", x: x - 28, y: flat ? y + 84 : y, width: 56, height: flat ? 24 : 84 }),
      ...(flat ? [text(x, y + 104, "middle shape", math(name), " " + shape + trap)]
        : [text(x, y + 11, "middle", math(name), trap), text(x, y + 81, "middle shape", shape)]));
      if (at >= 0) piece.addEventListener("click", () => choose(at));
      pieces.push(piece);
    }
    for (const l of range(L))
      for (const d of ["", "d"]) {
        const x = left + slot * (wide ? 3 * l : d ? 3 : 0);
        const y = top + (!wide ? l * HEIGHT : d ? HEIGHT + 15 : 0);
        box(d + A(l), x + slot / 2, y);
        box(d + "W" + (l + 1), x + 1.5 * slot, y);
        box(d + "b" + (l + 1), x + 1.5 * slot, y, true);
        box(d + "Z" + (l + 1), x + 2.5 * slot, y);
      }
    const lane = (x, y, words, kind) => svg("g", { class: kind }, text(x, y, "lane", words));
    board.replaceChildren(lane(0, 11, "forward →", ""), wide
      ? lane(0, HEIGHT + 26, "← backward", "back") : lane(186, 11, "backward ↑", "back"), ...pieces);
    const layers = range(L).map((l) => `Layer ${l + 1}: ` + [A(l), ...["W", "b", "Z"]
      .map((v) => v + (l + 1))].map((name) => `${name} ${tuple(all[name])}`).join(", "));
    describe(`${layers.join(". ")}. The slopes have the same shapes. Now ${now.make} is made.`);
  } };
}

/** The operation of this step, with its arrays in proportion. */
function drawOperation() {
  const board = svg("g", {}), { node, describe } = drawing("operation", [360, 116],
    "The arrays of this step, in proportion", board);
  return { node, update({ all }, operation) {
    const { make, of, turned } = operation, product = isProduct(operation), flat = make[1] === "b";
    // `gone` is the axis that vanishes.
    const boxes = given(all, operation).map((shape, n) => ({ name: code(of[n], of[n] === turned),
      shape, gone: product ? 1 - n : flat ? 0 : -1 }));
    boxes.push({ name: make, shape: flat ? [1, ...all[make]] : all[make], gone: -1 });
    const signs = product ? ["@", "→"] : flat ? ["sum →"] : of.length > 1 ? ["* φ′", "→"] : ["φ →"];
    const gap = 58, widths = boxes.map(({ shape }) => side(shape[1], 66));
    let x = 8 + (360 - widths.reduce((sum, w) => sum + w + gap, -gap)) / 2;
    board.replaceChildren(...boxes.flatMap(({ name, shape: [rows, columns], gone }, n) => {
      const width = widths[n], height = side(rows, 66), from = x, top = 54 - height / 2;
      const last = n === of.length, back = name[0] === "d" ? "back side" : "side";
      x += width + gap;
      return [svg("rect", { class: last ? back + " now" : back, x: from, y: top, width, height, rx: 1.5 }),
        text(from + width / 2, top + height + 18, "middle", math(name)),
        text(from - 6, 58, gone === 0 ? "end gone" : "end", last && flat ? "" : rows),
        text(from + width / 2, top - 6, gone === 1 ? "middle gone" : "middle", columns),
        ...(gone < 0 ? [] : [path("edge", `M${from} ${top}` + (gone ? "h" + width : "v" + height))]),
        ...(last ? [] : [text(from + width + 22, 58, "middle tick", signs[n])])];
    }));
    describe(boxes.map(({ name, shape }) => `${name} ${tuple(shape)}`).join(", ") + ".");
  } };
}

/** What happens in this step. */
function narrate({ all, list, work }, { N }, step) {
  const operation = list[step], { make, of } = operation, owner = make.slice(1);
  const left = ` Left is the shape of ${owner}.`, cost = ` ${count(work[step])} multiplications.`;
  if (make[0] === "A") return `The squash takes each number alone: ${make} has the shape of ${of[0]}.`;
  if (!of.length)
    return "Turn round. The loss hands back one slope for each score, already divided by N: "
      + `${make} has the shape of ${owner}.`;
  if (make[1] === "b")
    return `The ${N} vanishes: each bias is used by all ${N} examples, and its slopes add up.` + left;
  if (make[1] === "Z")
    return `Back through the squash, each slope × φ′ at its own place: ${make} has the shape of ${owner}.`;
  const gone = given(all, operation)[0][1], layer = +make.at(-1);
  return `The ${gone} vanishes: ` + (make[0] === "Z"
    ? `each unit of layer ${layer} sums over its ${gone} inputs, and adds its bias.`
    : (make[1] === "W" ? `each weight is used by all ${gone} examples.`
      : `each number in ${owner} is read by all ${gone} units of layer ${layer + 1}.`) + left) + cost;
}

/** Whether the shapes would catch a wrong transpose in this step, and why not. */
function warn(n, names, step) {
  const { all, list, wrong: { [step]: wrong } } = n, operation = list[step], { make, of } = operation;
  const traps = n.wrong.filter((ways) => ways.length).length;
  const arrays = `${traps} array${traps > 1 ? "s" : ""}`;
  if (wrong.length) {
    const [sizes, letters] = [all, names].map((source) => given(source, operation).flat());
    const equal = sizes.flatMap((n, i) => sizes.flatMap((m, j) =>
      (i < j && n === m && letters[i] !== letters[j] ? [`${letters[i]} = ${letters[j]}`] : [])));
    const reason = equal.length ? [...new Set(equal)].join(" and ")
      : `${of.find((name) => name[0] === "W") ?? make.slice(1)} is square`;
    return `No shape would tell you if you wrote ${wrong.slice(0, 2).join(" or ")}${wrong.length > 2
      ? `, or ${wrong.length - 2} more` : ""}, since ${reason}. ▲ marks ${arrays} where this is so.`;
  }
  const would = "would catch a wrong transpose";
  return isProduct(operation) || make[1] === "b"
    ? traps ? `Here the shapes ${would}. At the ${arrays} marked ▲ they would not.`
      : `Here, and everywhere at these sizes, the shapes ${would}.`
    : traps ? `At the ${arrays} marked ▲ the shapes would not catch a wrong transpose.`
      : `At these sizes the shapes ${would} everywhere.`;
}

const SLIDERS = { N: "batch N", D: "inputs D", H: "width H", C: "classes C", L: "layers L" };

function render({ model, el }) {
  let map;
  const stage = html("div", {}), operation = drawOperation(), flag = html("p", { class: "flag" });
  const formula = html("code", {}), sizes = html("span", {}), letters = html("span", {});
  const progress = html("span", { class: "progress" }), said = html("span", {});
  const facts = {}, table = html("dl", {});
  const figure = live({ model, el }, {
    kind: "shapes", label: "the shapes of all arrays of a network",
    names: [...Object.keys(SLIDERS), "step"],
    draw(layout) {
      map = drawMap(layout, (step) => set({ step }));
      stage.replaceChildren(map.node);
    },
    update(s) {
      const n = compute(s), { list } = n, step = Math.min(s.step, list.length - 1), now = list[step];
      const { make, of, turned, plus } = now, product = isProduct(now);
      const names = shapes({ L: s.L, N: "N", D: "D", H: "H", C: "C" });
      map.update(n, s.L, step);
      operation.update(n, now);
      formula.textContent = `${make} = ` + (product
        ? `${of.map((name) => code(name, name === turned)).join(" @ ")}${plus ? " + " + plus : ""}`
        : !of.length ? "from the loss" : make[0] === "A" ? `φ(${of[0]})`
          : of.length > 1 ? `${of[0]} * φ′` : `${of[0]}.sum(axis=0)`);
      for (const [node, source] of [[letters, names], [sizes, n.all]])
        node.replaceChildren(...given(source, now).flatMap((shape, i) => [
          i ? (product ? " @ (" : " * (") : "(", ...shape.flatMap((v, j) => [j ? ", " : "",
            (product && j !== i) || (make[1] === "b" && !j) ? html("b", {}, v) : v]), ")"]),
        of.length ? " → " : "", tuple(source[make]));
      flag.textContent = warn(n, names, step);
      toggle(flag, "warns", n.wrong[step].length);
      const times = (v) => `${count(v)} = ${(v / n.forward).toFixed(2)} ×`;
      const show = { parameters: count(n.parameters), "multiplications forward": count(n.forward),
        "and backward": times(n.backward),
        "for dX, not needed": times(2 * n.forward - n.backward),
        "kept for the way back (filled)": count(n.kept), "held at this step": count(n.held[step].size) };
      for (const [name, v] of Object.entries(show)) {
        if (!facts[name])
          table.append(html("div", {}, html("dt", {}, name), facts[name] = html("dd", {})));
        facts[name].textContent = v;
      }
      for (const [key, slider] of Object.entries(sliders)) slider.update(s[key]);
      progress.textContent = `${step + 1} of ${list.length}`;
      said.textContent = tie(narrate(n, s, step));
      back.setAttribute("aria-disabled", step === 0);
      forward.setAttribute("aria-disabled", step === list.length - 1);
    },
  });
  const { root, story, set, state } = figure;
  const go = (by) => {
    const last = operations(state()).length - 1;
    set({ step: Math.max(0, Math.min(last, Math.min(state().step, last) + by)) });
  };
  const back = button("Step back", () => go(-1));
  const forward = button("Step forward", () => go(1), "button main");
  const sliders = Object.fromEntries(Object.entries(SLIDERS).map(([key, label]) => [key,
    slider(key, label, [1, { L: 4, C: 20 }[key] ?? 128, 1], (v) => set({ [key]: v }),
      (v) => (key === "H" && state().L < 2 ? "unused" : String(v)))]));
  story.append(progress, said);
  root.append(stage, html("div", { class: "panels" },
    html("div", {}, html("p", { class: "formula" }, formula, letters, sizes), operation.node),
    html("div", {}, story, flag)),
  html("div", { class: "buttons" }, back, forward, button("Reset", () => set(model.get("start")))),
  html("div", { class: "sliders" }, ...Object.values(sliders).map(({ node }) => node)), table);
  return figure.start();
}

export default { render };
