// Labels that never overlap: placed one after the other by urgency, each at the first of its sides that is free.
"use strict";
window.duty = window.duty || {};

duty.labels = (function () {
  const MAX_PLATES = 14;  // beyond that, incidents are shapes only
  const widths = new Map();
  const sides = new Map();  // where a label stood last: it stays there as long as it can
  let placed = [];

  function width(pen, font, text) {
    const key = font + "\n" + text;
    let found = widths.get(key);
    if (found === undefined) {
      if (widths.size > 5000) widths.clear();
      pen.font = font;
      found = Math.ceil(pen.measureText(text).width);
      widths.set(key, found);
    }
    return found;
  }

  const pad2 = n => String(n).padStart(2, "0");

  function span(ms) {
    const s = ms >= 0 ? Math.ceil(ms / 1000) : Math.floor(-ms / 1000);
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h ? h + ":" + pad2(m) + ":" + pad2(s % 60) : pad2(m) + ":" + pad2(s % 60);
  }

  // Countdown as on the board: good and regular, from the amber limit on bold, overdue bad (SCREEN).
  function countdown(f, now, words, amber) {
    if (f.due === null || f.due === undefined) return null;
    const left = f.due - now;
    if (left < 0) return { text: words.over + " " + span(left), colour: "bad", bold: true };
    return { text: words.left + " " + span(left), colour: left <= amber ? "warn" : "good", bold: left <= amber };
  }

  // Lines of a label: each a list of runs {text, colour, bold, px}.
  function compose(f, now, words, amber) {
    if (f.kind === "incident") {
      const runs = [];
      if (f.numeral) runs.push({ text: f.numeral, colour: "level_" + f.level, bold: true, px: 13 });
      runs.push({ text: f.label, colour: "text", bold: f.chosen, px: 13 });
      const clock = countdown(f, now, words, amber);
      if (clock) runs.push({ ...clock, px: 13 });
      return { plate: true, lines: [runs] };
    }
    if (f.kind === "vehicle") return { plate: false, lines: [[{ text: f.label, colour: "text", px: 11 }]] };
    if (f.kind === "unit") return { plate: false, lines: [[{ text: f.label, colour: "unit", px: 12 }]] };
    const lines = [[{ text: f.label, colour: f.kind === "point" ? "muted" : "text", px: 12 }]];
    if (f.second) lines.push([{ text: f.second, colour: { near: "warn", full: "bad" }[f.state] || "muted", bold: true, px: 12 }]);
    return { plate: false, lines };
  }

  function measure(pen, composed) {
    const f = duty.symbols.factor();
    const gap = 6 * f, padX = composed.plate ? 7 * f : 1, padY = composed.plate ? 4 * f : 0;
    let w = 0, h = 0;
    for (const line of composed.lines) {
      let across = 0, high = 0;
      for (const run of line) {
        run.font = duty.symbols.font(run.px, run.bold);
        run.width = width(pen, run.font, run.text);
        across += run.width + (across ? gap : 0);
        high = Math.max(high, Math.round((run.px + 3) * f));
      }
      line.width = across;
      line.height = high;
      w = Math.max(w, across);
      h += high;
    }
    return { w: Math.ceil(w + 2 * padX), h: Math.ceil(h + 2 * padY), gap, padX, padY };
  }

  // Places a label may take, best first: beside its symbol, then further off with a line to it.
  function spots(f, box, off, view) {
    const r = f.clear + off, d = r * .7;
    // A label above or below its symbol may slide sideways to stay in view.
    const midX = Math.max(Math.max(view.x, f.px - box.w), Math.min(f.px - box.w / 2, view.x + view.w - box.w));
    const midY = f.py - box.h / 2;
    const out = {
      e: [f.px + r, midY], w: [f.px - r - box.w, midY], n: [midX, f.py - r - box.h], s: [midX, f.py + r],
      ne: [f.px + d, f.py - d - box.h], nw: [f.px - d - box.w, f.py - d - box.h],
      se: [f.px + d, f.py + d], sw: [f.px - d - box.w, f.py + d], c: [midX, midY],
    };
    const order = f.kind === "unit" ? (off ? ["n", "s", "e", "w"] : ["c"]) : ["e", "w", "n", "s", "ne", "nw", "se", "sw"];
    const last = sides.get(f.key);
    if (last && order.includes(last)) order.unshift(last);
    return order.map(side => ({ side, x: Math.round(out[side][0]), y: Math.round(out[side][1]), off }));
  }

  const OFFS = { incident: [0, 14, 30, 50], unit: [0, 4, 18, 32] };

  const AIR = 2;
  const apart = (a, b, air) => a.x + a.w + air <= b.x || b.x + b.w + air <= a.x || a.y + a.h + air <= b.y || b.y + b.h + air <= a.y;

  // Boxes sorted into squares of the sheet, so that a label is compared with its neighbours only.
  function crowd() {
    const SIDE = 128, squares = new Map();
    const each = (box, act) => {
      for (let i = Math.floor(box.x / SIDE); i <= Math.floor((box.x + box.w) / SIDE); i++)
        for (let k = Math.floor(box.y / SIDE); k <= Math.floor((box.y + box.h) / SIDE); k++) if (act(i + ":" + k)) return true;
      return false;
    };
    return {
      add: box => each(box, key => { const held = squares.get(key); if (held) held.push(box); else squares.set(key, [box]); }),
      hit: (box, own, hard) => each(box, key => (squares.get(key) || [])
        .some(b => b.key !== own && (b.hard || !hard) && !apart(box, b, AIR))),
    };
  }

  const gap = (spot, box, point) => Math.hypot(
    Math.max(spot.x - point.px, 0, point.px - spot.x - box.w), Math.max(spot.y - point.py, 0, point.py - spot.y - box.h));

  // Another incident lies nearer to the plate than its own: without a line to its symbol it would name the wrong one.
  const unclear = (f, spot, box, incidents) => incidents.some(other => other !== f && gap(spot, box, other) <= gap(spot, box, f) + 6);

  function find(f, box, taken, scene) {
    const view = scene.inner;
    const free = hard => spot => {
      const inside = spot.x >= view.x && spot.y >= view.y && spot.x + box.w <= view.x + view.w && spot.y + box.h <= view.y + view.h;
      return inside && !taken.hit({ x: spot.x, y: spot.y, w: box.w, h: box.h }, f.key, hard);
    };
    const tries = (OFFS[f.kind] || [0]).flatMap(off => spots(f, box, off * duty.symbols.factor(), view));
    if (f.kind !== "incident") return tries.find(free(false));
    for (const spot of tries) spot.line = spot.off > 0 || spot.side.length > 1 || unclear(f, spot, box, scene.incidents);
    // An incident is named even where symbols of places stand close: it may cover those, never another incident.
    return tries.find(spot => !spot.line && free(false)(spot)) || tries.find(free(false)) || tries.find(free(true));
  }

  // features carry px, py, clear (distance of the label from the centre), key; scene.solid are boxes labels keep off,
  // scene.inner is where they may stand.
  function place(pen, features, scene, state) {
    const taken = crowd();
    for (const box of scene.solid) taken.add(box);
    let plates = 0;
    placed = [];
    for (const f of features) {
      if (!f.label) continue;
      if (f.kind === "incident" && !f.chosen && plates >= MAX_PLATES) continue;
      const composed = compose(f, state.now, state.words, state.amber);
      const box = measure(pen, composed);
      const spot = find(f, box, taken, scene);
      if (!spot) { sides.delete(f.key); continue; }
      sides.set(f.key, spot.side);
      if (f.kind === "incident") plates++;
      const label = { key: f.key, kind: f.kind, id: f.id, feature: f, side: spot.side, line: spot.line, x: spot.x, y: spot.y, w: box.w, h: box.h, composed, box };
      placed.push(label);
      taken.add({ x: label.x, y: label.y, w: label.w, h: label.h, hard: true });
    }
    if (sides.size > 20000) sides.clear();
    return placed;
  }

  function paint(pen, label) {
    const { composed, box } = label, colour = duty.symbols.colour;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    if (composed.plate && label.line) {
      const f = label.feature, reach = f.clear - 2;
      const endX = Math.max(label.x + 6, Math.min(f.px, label.x + label.w - 6)), endY = Math.max(label.y, Math.min(f.py, label.y + label.h));
      const far = Math.hypot(endX - f.px, endY - f.py) || 1;
      pen.beginPath();
      pen.moveTo(f.px + (endX - f.px) * reach / far, f.py + (endY - f.py) * reach / far);
      pen.lineTo(endX, endY);
      pen.lineWidth = 1.5 * duty.symbols.factor();
      pen.strokeStyle = colour(f.chosen ? "accent" : "muted");
      pen.stroke();
    }
    if (composed.plate) {
      pen.beginPath();
      pen.roundRect(label.x + .5, label.y + .5, label.w - 1, label.h - 1, 4 * duty.symbols.factor());
      pen.fillStyle = colour(label.feature.chosen ? "raised" : "surface");
      pen.globalAlpha = .94;
      pen.fill();
      pen.globalAlpha = 1;
      pen.lineWidth = 1;
      pen.strokeStyle = colour(label.feature.chosen ? "accent" : "line");
      pen.stroke();
    }
    let y = label.y + box.padY;
    for (const line of composed.lines) {
      let x = label.x + box.padX;
      if (!composed.plate && (label.side === "w" || label.side === "nw" || label.side === "sw")) x = label.x + label.w - box.padX - line.width;
      else if (!composed.plate && (label.side === "n" || label.side === "s" || label.side === "c")) x = label.x + (label.w - line.width) / 2;
      for (const run of line) {
        pen.font = run.font;
        if (!composed.plate) {
          pen.lineWidth = 3 * duty.symbols.factor();
          pen.lineJoin = "round";
          pen.strokeStyle = colour("district");
          pen.strokeText(run.text, x, y + line.height / 2);
        }
        pen.fillStyle = colour(run.colour);
        pen.fillText(run.text, x, y + line.height / 2);
        x += run.width + box.gap;
      }
      y += line.height;
    }
  }

  return { place, paint, span, all: () => placed, forget: () => { widths.clear(); sides.clear(); } };
})();
