// The live layer: what stands on the map, by key, and how it is drawn. Text of people arrives as JSON and is drawn on a
// canvas or set as textContent; it is never read as markup.
"use strict";
window.duty = window.duty || {};

duty.live = (function () {
  const CLUSTER_ABOVE = 3000;  // features in view, incidents aside
  const CELL = 72;
  const LABELS_ABOVE = 400;  // more symbols than this in view: only incidents and what is chosen keep a label
  const ORDER = ["point", "shelter", "station", "vehicle", "incident"];
  const MIN_ZOOM = { point: 14, station: 11, shelter: 11.5, vehicle: 12 };  // below it a kind has no labels
  const MINOR_ZOOM = 15;

  const items = new Map();
  const shown = new Set(ORDER);
  const state = { now: 0, words: { left: "", over: "" }, amber: 600000, chosen: "", units: [], covers: [], plates: [] };
  let map = null, symbols = null, names = null;
  let hits = [], drawn = 0, clusters = 0, landmarks = [];

  function put(f) {
    f.key = f.kind + ":" + f.id;
    const at = duty.mercator(f.lon, f.lat);
    f.x = at.x;
    f.y = at.y;
    if (f.from) { const from = duty.mercator(f.from[0], f.from[1]); f.fx = from.x; f.fy = from.y; }
    items.set(f.key, f);
  }

  function patch(message) {
    for (const f of message.upsert || []) put(f);
    for (const key of message.remove || []) items.delete(key);
    redraw();
  }

  function redraw() {
    if (symbols) symbols.schedule();
  }

  // Where a vehicle's arrow stands: no position is known, its state says how far along the way to the incident.
  function arrow(f) {
    if (f.fx === undefined) { f.py -= 30 * duty.symbols.factor(); f.turn = Math.PI; return; }
    const dx = f.px - f.spx, dy = f.py - f.spy, far = Math.hypot(dx, dy) || 1;
    const back = f.phase === "back";
    const along = f.phase === "work" ? Math.max(0, 1 - 26 * duty.symbols.factor() / far) : back ? .4 : .62;
    f.px = f.spx + dx * along;
    f.py = f.spy + dy * along;
    f.turn = Math.atan2(dy, dx) + Math.PI / 2 + (back ? Math.PI : 0);
  }

  function locate(frame) {
    const air = 40, seen = { point: [], shelter: [], station: [], vehicle: [], incident: [] };
    for (const f of items.values()) {
      if (!shown.has(f.kind)) continue;
      const px = f.x * frame.scale - frame.left, py = f.y * frame.scale - frame.top;
      f.px = px;
      f.py = py;
      if (f.kind === "vehicle") {
        if (f.fx !== undefined) { f.spx = f.fx * frame.scale - frame.left; f.spy = f.fy * frame.scale - frame.top; }
        arrow(f);
      } else if (px < -air || py < -air || px > frame.w + air || py > frame.h + air) continue;
      (seen[f.kind] || seen.point).push(f);
    }
    return seen;
  }

  // Grid cells that move with the map; a cell with one feature keeps its own symbol. Incidents are never gathered.
  function gather(seen, frame) {
    const cells = new Map(), alone = [];
    const shiftX = Math.floor(frame.left / CELL), shiftY = Math.floor(frame.top / CELL);
    for (const kind of ORDER) {
      if (kind === "incident") continue;
      for (const f of seen[kind]) {
        if (f.key === state.chosen) { alone.push(f); continue; }
        const key = (Math.floor((f.px + frame.left) / CELL) - shiftX) * 4096 + Math.floor((f.py + frame.top) / CELL) - shiftY;
        const cell = cells.get(key);
        if (cell) { cell.n++; cell.px += f.px; cell.py += f.py; } else cells.set(key, { first: f, n: 1, px: f.px, py: f.py });
      }
    }
    const out = [];
    for (const [key, cell] of cells) {
      if (cell.n === 1) { out.push(cell.first); continue; }
      const half = cell.n < 10 ? 12 : cell.n < 100 ? 15 : 18;
      out.push({ kind: "cluster", key: "cluster:" + key, id: String(key), n: cell.n, half, px: cell.px / cell.n, py: cell.py / cell.n });
    }
    return out.concat(alone);
  }

  function paintSymbols(pen, frame) {
    const seen = locate(frame);
    const others = seen.point.length + seen.shelter.length + seen.station.length + seen.vehicle.length;
    const gathered = others > CLUSTER_ABOVE;
    const below = gathered ? gather(seen, frame) : [].concat(seen.point, seen.shelter, seen.station, seen.vehicle);
    const f = duty.symbols.factor();
    pen.setLineDash([2 * f, 4 * f]);
    pen.lineWidth = 1.5 * f;
    pen.strokeStyle = duty.symbols.colour("muted");
    for (const each of below) if (each.kind === "vehicle" && each.spx !== undefined && each.phase !== "work") way(pen, each, frame);
    pen.setLineDash([]);
    hits = [];
    clusters = 0;
    const urgent = seen.incident.sort(byUrgency);
    for (const each of below) stamp(pen, each);
    for (const each of urgent.slice().reverse()) stamp(pen, each);
    drawn = hits.length;
    landmarks = { urgent, below, crowded: below.length > LABELS_ABOVE };
    if (names) names.draw();
  }

  function way(pen, f, frame) {
    pen.beginPath();
    pen.moveTo(f.spx, f.spy);
    pen.lineTo(f.x * frame.scale - frame.left, f.y * frame.scale - frame.top);
    pen.stroke();
  }

  function stamp(pen, f) {
    if (f.key === state.chosen) {
      pen.beginPath();
      pen.arc(f.px, f.py, 18 * duty.symbols.factor(), 0, 2 * Math.PI);
      pen.fillStyle = duty.symbols.colour("accbg");
      pen.globalAlpha = .7;
      pen.fill();
      pen.globalAlpha = 1;
      pen.lineWidth = 2 * duty.symbols.factor();
      pen.strokeStyle = duty.symbols.colour("accent");
      pen.stroke();
    }
    const s = duty.symbols.stamp(pen, f, f.px, f.py, f.turn);
    if (f.kind === "cluster") {
      clusters++;
      pen.font = duty.symbols.font(11, true);
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillStyle = duty.symbols.colour("text");
      pen.fillText(String(f.n), f.px, f.py + 1);
    }
    f.clear = Math.max(7, s.half - 1) + 3;
    hits.push({ x: f.px, y: f.py, r: Math.max(s.half, 10), f });
  }

  // Who gets a label first: the chosen one, levels I and II, then what burns first, then by level and arrival.
  function byUrgency(a, b) {
    const grave = f => f.key === state.chosen ? 0 : f.level === 1 ? 1 : f.level === 2 ? 2 : 3;
    const due = f => f.due === null || f.due === undefined ? Infinity : f.due;
    if (grave(a) !== grave(b)) return grave(a) - grave(b);
    if (due(a) !== due(b)) return due(a) - due(b);
    return (a.level || 9) - (b.level || 9) || (b.received || 0) - (a.received || 0) || (a.key < b.key ? -1 : 1);
  }

  const RANK = { vehicle: 0, shelter: 1, station: 2, point: 3 };

  function paintNames(pen, frame) {
    if (!landmarks.urgent) return;
    const zoom = map.getZoom();
    const others = landmarks.below.filter(f => f.kind !== "cluster"
      && (f.key === state.chosen || !landmarks.crowded && zoom >= (f.minor ? MINOR_ZOOM : MIN_ZOOM[f.kind])));
    others.sort((a, b) => (b.key === state.chosen) - (a.key === state.chosen) || (b.weight || 0) - (a.weight || 0)
      || RANK[a.kind] - RANK[b.kind] || (a.key < b.key ? -1 : 1));
    for (const f of landmarks.urgent) f.chosen = f.key === state.chosen;
    const units = state.units.map(u => ({ kind: "unit", id: u.code, key: "unit:" + u.code, label: u.name, clear: 4,
      px: u.x * frame.scale - frame.left, py: u.y * frame.scale - frame.top }));
    // Labels keep off symbols as well, as long as there are few enough for that to leave them any room.
    const solid = (landmarks.crowded ? hits.filter(h => h.f.kind === "incident") : hits).map(h => {
      const hard = h.f.kind === "incident", r = hard ? h.r : h.r * .8;  // more air around incidents: no label beside the wrong one
      return { key: h.f.key, hard, x: h.x - r, y: h.y - r, w: 2 * r, h: 2 * r };
    });
    const plates = state.plates.map(e => e.getBoundingClientRect()).map(r => [r.left, r.top, r.width, r.height]);
    for (const [x, y, w, h] of state.covers.concat(plates)) solid.push({ hard: true, x: x + frame.margin, y: y + frame.margin, w, h });
    const inner = { x: frame.margin + 4, y: frame.margin + 4, w: frame.w - 2 * frame.margin - 8, h: frame.h - 2 * frame.margin - 8 };
    for (const label of duty.labels.place(pen, landmarks.urgent.concat(others, units), { solid, incidents: landmarks.urgent, inner }, state).slice().reverse())
      duty.labels.paint(pen, label);
  }

  // Records at a point of the container, topmost first; a plate counts as its incident.
  function at(point) {
    const p = symbols.toSheet(point);
    const found = hits.filter(h => Math.abs(h.x - p.x) <= h.r && Math.abs(h.y - p.y) <= h.r)
      .sort((a, b) => Math.hypot(a.x - p.x, a.y - p.y) - Math.hypot(b.x - p.x, b.y - p.y)).map(h => h.f);
    const important = found.filter(f => f.kind === "incident").concat(found.filter(f => f.kind !== "incident"));
    const plate = duty.labels.all().find(l => l.kind !== "unit" && p.x >= l.x && p.x <= l.x + l.w && p.y >= l.y && p.y <= l.y + l.h);
    if (plate && !important.includes(plate.feature)) important.push(plate.feature);
    return important;
  }

  // A label as painted, in px of the container.
  function boxOf(label) {
    const at = names.toContainer(label);
    return { kind: label.kind, id: label.id, x: at.x, y: at.y, w: label.w, h: label.h,
      text: label.composed.lines.map(line => line.map(run => run.text).join(" ")) };
  }

  function start(theMap) {
    map = theMap;
    for (const [name, z] of [["live", 610], ["names", 620]]) map.createPane(name).style.zIndex = z;
    symbols = new duty.Sheet(paintSymbols, { pane: "live" }).addTo(map);
    names = new duty.Sheet(paintNames, { pane: "names" }).addTo(map);
  }

  return {
    start, patch, redraw, at, state, shown, items,
    tick: now => { state.now = now; if (names) names.schedule(); },
    facts: () => ({ items: items.size, drawn, clusters, zoom: map.getZoom(), labels: duty.labels.all().map(boxOf) }),
    draw: () => symbols.draw(),
    where: key => { const hit = hits.find(h => h.f.key === key); return hit ? symbols.toContainer(hit) : null; },
  };
})();
