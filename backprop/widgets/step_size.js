// The step-size figure of chapter 1: down one wall of the error and up the other.

import { button, choice, dots, drag, drawing, format, html, line, live, math, path, place, scale,
  scientific, short, slider, svg, text, tie, toggle } from "./figure.js";

// A precision is the distance from 1 to the next number, and what rounds to it.
const PRECISIONS = { float64: [2 ** -52, (v) => v], float32: [2 ** -23, Math.fround] };

/** The slope of exp at 1, measured with step h; its error, and what is predicted of it. */
export function compute({ h, method, precision }) {
  const [epsilon, round] = PRECISIONS[precision], central = method === "central";
  const f = (x) => round(Math.exp(x));
  const upper = round(1 + h), lower = central ? round(1 - h) : 1;
  const run = round(upper - lower) || h; // 0 where h is lost in the rounding
  const estimate = round(round(f(upper) - f(lower)) / run);
  return { ends: [[lower, f(lower)], [upper, f(upper)]], estimate, error: estimate - Math.E,
    truncation: Math.E * (central ? (h * h) / 6 : h / 2),
    roundoff: (Math.E * epsilon * (central ? 1 : 2)) / h };
}

/** The step at which truncation and round-off, as predicted, add up to the least. */
export function bestStep({ method, precision }) {
  const [epsilon] = PRECISIONS[precision];
  return method === "central" ? Math.cbrt(3 * epsilon) : 2 * Math.sqrt(epsilon);
}

/** exp beside 1 as the computer has it: [x − 1, exp(x) − exp(1)], both in units of h. */
export function magnify({ h, precision }) {
  const [, round] = PRECISIONS[precision], f = (x) => round(Math.exp(round(x)));
  return Array.from({ length: 181 }, (_, i) => i / 60 - 1.5)
    .map((t) => [t, (f(1 + h * t) - f(1)) / h]);
}

const EXPONENTS = Array.from({ length: 161 }, (_, i) => i / 10 - 16);
const step = (exponent) => (Number.isInteger(exponent) ? +`1e${exponent}` : 10 ** exponent);
/** Three digits of an error. */
const amount = (v) => (Math.abs(v) < 0.01 ? scientific(v) : v.toPrecision(3).replace("-", "−"));
const METHODS = ["forward", "central"];
// What the predictions are made of, and the line that draws them.
const WALLS = {
  truncation: { forward: "½h·f″", central: "h²/6·f‴" },
  roundoff: { forward: "2ε|f|/h", central: "ε|f|/h" },
};

/** The error against h, both axes logarithmic. `pick` hears at which exponent one presses. */
function drawErrors(wide, pick) {
  const width = wide ? 440 : 360, height = wide ? 350 : 310;
  const left = 40, right = width - 6, top = 24, bottom = height - 44;
  const X = scale(-16, 0, left, right), Y = scale(-13, 1, bottom, top);
  const log = (v) => Math.max(-13, Math.min(1, Math.log10(Math.abs(v))));
  const at = (h, error) => [X(Math.log10(h)), Y(log(error))];
  const clouds = METHODS.map(() => path("dots")), bests = METHODS.map(() => path("best"));
  const walls = { truncation: path("truncation"), roundoff: path("roundoff") };
  const bestLine = path("best-line"), bestName = text(0, bottom - 8, "end halo");
  const drop = path("drop"), marker = svg("circle", { class: "dot", r: 6.5 });
  const names = METHODS.map((name, i) => svg("g", {},
    path("dots", `M${right - 127 + 74 * i} 7h0`), text(right - 120 + 74 * i, 11, "", name)));
  const { node, describe } = drawing("errors", [width, height],
    "The error of the slope against the step h",
    path("grid", [-12, -9, -6, -3, 0].map((e) => `M${left} ${Y(e)}H${right}`).join("")),
    path("axis", `M${left} ${top}V${bottom}H${right}`),
    ...[-16, -12, -8, -4, 0].map((e) =>
      text(X(e), bottom + 24, e ? "middle tick" : "end tick", short(step(e)))),
    ...[-12, -9, -6, -3, 0].map((e) => text(left - 6, Y(e) + 4, "end tick", short(step(e)))),
    text(0, 11, "tick", "error of the measured slope"),
    text((left + right) / 2, height - 5, "middle tick", "step ", math("h")),
    ...clouds, ...names, bestLine, walls.truncation, walls.roundoff, bestName, ...bests,
    drop, marker);
  drag(node, node, (x) => pick(EXPONENTS[
    Math.round(Math.max(0, Math.min(160, scale(left, right, 0, 160)(x))))]));
  return { node, update(state, now) {
    const { h, method, precision } = state;
    METHODS.forEach((other, i) => {
      const spots = EXPONENTS.map(step)
        .map((h) => at(h, compute({ h, method: other, precision }).error));
      place(clouds[i], { d: dots(spots) });
      const best = X(Math.log10(bestStep({ method: other, precision })));
      place(bests[i], { d: `M${best} ${bottom + 1}l-5 9h10Z` });
      for (const node of [clouds[i], bests[i], names[i]]) toggle(node, "chosen", other === method);
    });
    for (const [wall, node] of Object.entries(walls)) {
      const spots = EXPONENTS.map((e) => [step(e), compute({ ...state, h: step(e) })[wall]])
        .filter(([, v]) => v > 1e-13 && v < 10).map(([h, v]) => at(h, v));
      place(node, { d: line([spots[0], spots.at(-1)]) });
    }
    const best = bestStep(state), [x, y] = at(h, now.error);
    const [bx, by] = at(best, compute({ ...state, h: best }).truncation);
    place(bestLine, { d: `M${bx} ${bottom}V${by}` });
    place(bestName, { x: bx - 8 });
    bestName.replaceChildren("best ", math("h"), " = " + scientific(best));
    place(drop, { d: `M${x} ${bottom}V${y}` });
    place(marker, { cx: x, cy: y });
    describe(`A V of two walls. At h = ${short(h)} the ${method} difference is wrong by `
      + `${scientific(Math.abs(now.error))}; the walls meet at h = ${scientific(best)}.`);
  } };
}

/** exp beside 1 under a glass as wide as h: curve, tangent, and the secant that is measured. */
function drawGlass() {
  const width = 260, height = 178, left = 1, bottom = 150, top = 1;
  const X = scale(-1.5, 1.5, left, width - 1), Y = scale(-1.5 * Math.E, 2 * Math.E, bottom, top);
  const curve = path("curve"), secant = path("secant"), tangent = path("tangent",
    line([[X(-1.5), Y(-1.5 * Math.E)], [X(1.5), Y(1.5 * Math.E)]]));
  const knots = [0, 1].map(() => svg("circle", { class: "dot", r: 4 }));
  const { node, describe } = drawing("glass", [width, height], "exp under the magnifying glass",
    svg("rect", { class: "lens", x: left, y: top, width: width - 2, height: bottom - top, rx: 5 }),
    path("axis", [-1, 0, 1].map((t) => `M${X(t)} ${bottom}v5`).join("")),
    ...["1 − h", "1", "1 + h"].map((name, i) =>
      text(X(i - 1), bottom + 19, "middle tick", math(name))),
    tangent, curve, secant, ...knots,
    text(10, 20, "secant-name", "secant: measured slope"),
    text(10, 37, "tangent-name", "tangent: true slope"),
    text(width - 10, bottom - 9, "end tick halo", "exp, magnified"));
  return { node, update(state, { ends, estimate }) {
    const { h, precision } = state, middle = PRECISIONS[precision][1](Math.E);
    const spots = magnify(state).map(([x, y]) => [X(x), Y(y)]);
    place(curve, { d: line(spots.filter(([, y]) => y >= top && y <= bottom)) });
    const near = ends.map(([x, y]) => [(x - 1) / h, (y - middle) / h]);
    near.forEach(([x, y], i) => place(knots[i], { cx: X(x), cy: Y(y) }));
    const [[x0, y0], [x1]] = near;
    place(secant, { d: line([x0 - 0.25, x1 + 0.25]
      .map((x) => [X(x), Y(y0 + estimate * (x - x0))])) });
    describe(`The secant's slope is ${format(estimate)}, the tangent's ${format(Math.E)}.`);
  } };
}

/** What happens at this h, and which way is better. */
function narrate({ h, method }, { ends, error, truncation, roundoff }) {
  const told = `h = ${short(h)}: the slope comes out ${amount(Math.abs(error))} `
    + (error < 0 ? "too small. " : "too large. ");
  if (ends[0][0] === ends[1][0])
    return told + "1 + h is rounded to 1 before exp is ever called, so nothing moves at all.";
  if (truncation > 5 * roundoff)
    return told + `That is truncation, the bend of the curve: predicted ${amount(truncation)}. `
      + `An h ten times smaller makes it ${method === "central" ? "a hundred" : "ten"} times smaller.`;
  if (roundoff > 5 * truncation)
    return told + "That is round-off: the values at both ends agree in their first digits, and "
      + `dividing by h magnifies the errors of the last. At most ${amount(roundoff)} is predicted; `
      + "how much of it comes out jumps from one h to the next.";
  return told + `Here the walls meet: truncation ${amount(truncation)}, round-off at most `
    + `${amount(roundoff)}. Whichever way h goes, one of them grows.`;
}

function render({ model, el }) {
  let errors;
  const plot = html("div", { class: "plot" }), glass = drawGlass();
  const rows = html("dl", {}), readings = {}, formulas = {};
  for (const [key, name] of Object.entries({ slope: "true slope", measured: "measured",
    error: "error", truncation: "truncation ", roundoff: "round-off " })) {
    readings[key] = html("dd", {});
    formulas[key] = html("span", { class: "math" });
    rows.append(html("div", {}, html("dt", { class: key }, name, formulas[key]), readings[key]));
  }
  const truth = Math.E.toFixed(15);
  readings.slope.textContent = truth;
  const figure = live({ model, el }, {
    kind: "step-size", label: "the error of a measured slope",
    names: ["h", "method", "precision"],
    draw(layout) {
      errors = drawErrors(layout === "wide", (exponent) => set({ h: step(exponent) }));
      plot.replaceChildren(errors.node);
    },
    update(state) {
      const now = compute(state), digits = now.estimate.toFixed(15);
      errors.update(state, now);
      glass.update(state, now);
      let right = 0;
      while (right < digits.length && digits[right] === truth[right]) right++;
      readings.measured.replaceChildren(digits.slice(0, right),
        html("span", { class: "wrong" }, digits.slice(right)));
      readings.error.textContent = (now.error < 0 ? "" : "+") + amount(now.error);
      for (const wall of Object.keys(WALLS)) {
        formulas[wall].textContent = WALLS[wall][state.method];
        readings[wall].textContent = (wall === "roundoff" ? "≤ " : "") + amount(now[wall]);
      }
      size.update(Math.log10(state.h));
      method.update(state.method);
      precision.update(state.precision);
      story.textContent = tie(narrate(state, now));
    },
  });
  const { root, story, set } = figure;
  const size = slider("h", "step h", [-16, 0, 0.1], (exponent) => set({ h: step(exponent) }),
    (exponent) => short(step(exponent)));
  const method = choice("difference", METHODS, (method) => set({ method }));
  const precision = choice("numbers", Object.keys(PRECISIONS), (precision) => set({ precision }));
  root.append(
    html("div", { class: "panels" }, plot, html("div", { class: "sliders" }, size.node),
      html("div", { class: "side" }, glass.node, rows)),
    html("div", { class: "choices" }, method.node, precision.node,
      button("Reset", () => set(model.get("start")))),
    story);
  return figure.start();
}

export default { render };
