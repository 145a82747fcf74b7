// The page around the live layer: the bridge to the console, pointer, legend, notes, tip.
"use strict";
window.duty = window.duty || {};

duty.page = (function () {
  const REST_MS = 4000;  // after a person has moved the map it is left alone this long
  const live = duty.live;
  let map = null, bridge = null, grid = null, home = null, picking = false, touched = -Infinity, moved = false;
  let tip = null, notes = null, legend = null, told = {};
  let turn = { key: "", n: 0, records: [] };

  const node = (kind, parent, text, cls) => {
    const made = document.createElement(kind);
    if (text !== undefined) made.textContent = text;
    if (cls) made.className = cls;
    parent.appendChild(made);
    return made;
  };
  const empty = element => { while (element.firstChild) element.removeChild(element.firstChild); };

  function dress(theme) {
    for (const [name, value] of Object.entries(theme.colours)) document.documentElement.style.setProperty("--" + name, value);
    document.documentElement.style.setProperty("--factor", theme.factor);
    duty.symbols.dress(theme.colours, theme.factor);
    document.documentElement.classList.add("dressed");
    document.body.style.fontSize = Math.round(12 * theme.factor) + "px";
    duty.labels.forget();
    grid.schedule();
    live.redraw();
    drawLegend();
  }

  function drawLegend() {
    if (!told.legend) return;
    empty(legend);
    for (const entry of told.legend) {
      if (entry.kind && !live.shown.has(entry.kind)) continue;
      const line = node("span", legend);
      for (const look of entry.looks) {
        const s = duty.symbols.sprite(look), canvas = node("canvas", line), ratio = window.devicePixelRatio || 1;
        canvas.width = s.canvas.width;
        canvas.height = s.canvas.height;
        canvas.style.width = s.canvas.width / ratio * .72 + "px";
        canvas.style.height = s.canvas.height / ratio * .72 + "px";
        canvas.getContext("2d").drawImage(s.canvas, 0, 0);
      }
      node("span", line, entry.text);
    }
  }

  function drawNotes() {
    if (!told.notes) return;
    empty(notes);
    const middle = map.getSize().divideBy(2);
    const perPixel = map.distance(map.containerPointToLatLng(middle), map.containerPointToLatLng(middle.add([100, 0]))) / 100;
    const NICE = [1e6, 5e5, 2e5, 1e5, 5e4, 2e4, 1e4, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5];
    const metres = NICE.find(m => m / perPixel <= 130) || NICE[NICE.length - 1];
    const bar = node("span", node("div", notes), undefined, "scale");
    bar.style.width = Math.round(metres / perPixel) + "px";
    bar.dataset.metres = metres;
    const length = metres >= 1000 ? told.notes.km.replace("{n}", metres / 1000) : told.notes.m.replace("{n}", metres);
    node("div", notes, [length, told.notes.crs, told.clock].filter(Boolean).join(told.notes.dot));
    for (const line of told.notes.lines) node("div", notes, line);
  }

  function hover(event) {
    const found = picking ? [] : live.at(event.containerPoint);
    map.getContainer().classList.toggle("over-record", found.length > 0);
    const f = found[0];
    if (!f || f.kind === "cluster" || !(f.tip || []).length) { tip.style.display = "none"; return; }
    empty(tip);
    for (const text of f.tip) node("p", tip, text);
    tip.style.display = "block";
    const size = map.getSize(), x = event.containerPoint.x + 16, y = event.containerPoint.y + 16;
    tip.style.left = Math.min(x, size.x - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(y, size.y - tip.offsetHeight - 8) + "px";
  }

  function press(event) {
    tip.style.display = "none";
    const found = picking ? [] : live.at(event.containerPoint);
    if (!found.length) { turn = { key: "", n: 0, records: [] }; bridge.pressed(event.latlng.lng, event.latlng.lat); return; }
    if (found[0].kind === "cluster") {
      touched = performance.now();
      map.setView(event.latlng, Math.min(map.getMaxZoom(), map.getZoom() + 2));
      return;
    }
    const records = found.filter(f => f.kind !== "cluster");
    // Several records at one place: each further click takes the next one.
    const key = records.map(f => f.key).sort().join(" ");
    turn = key === turn.key ? { ...turn, n: turn.n + 1 } : { key, n: 0, records };
    const f = turn.records[turn.n % records.length];
    choose(f.key, false);
    bridge.clicked(f.kind, f.record || f.id);
  }

  function choose(key, pan) {
    live.state.chosen = key;
    live.redraw();
    const f = live.items.get(key);
    if (!f || !pan || performance.now() - touched < REST_MS) return;
    const size = map.getSize(), at = map.latLngToContainerPoint([f.lat, f.lon]);
    const edgeX = size.x * .15, edgeY = size.y * .15;
    if (at.x > edgeX && at.x < size.x - edgeX && at.y > edgeY && at.y < size.y - edgeY) return;
    map.panTo([f.lat, f.lon], { animate: true, duration: .4 });
  }

  function fit() {
    const free = told.free || [0, 0, 0, 0];  // what panels over the map cover: left, top, right, bottom in px
    map.fitBounds(home, { paddingTopLeft: [free[0], free[1]], paddingBottomRight: [free[2], free[3]], animate: false });
    moved = false;
  }

  function acknowledge(seq, since) {
    const told = () => bridge.acknowledged(seq, performance.now() - since);
    if (document.hidden) setTimeout(told, 0); else requestAnimationFrame(() => setTimeout(told, 0));
  }

  const acts = {
    tell: m => { Object.assign(told, m.told); live.state.words = m.told.words || live.state.words; drawLegend(); drawNotes(); },
    theme: m => dress(m.theme),
    units: m => { live.state.units = m.units.map(u => ({ ...u, ...duty.mercator(u.lon, u.lat) })); live.redraw(); },
    patch: m => { const since = performance.now(); live.patch(m); acknowledge(m.seq, since); },
    layers: m => { live.shown.clear(); for (const kind of m.kinds) live.shown.add(kind); live.redraw(); drawLegend(); },
    tick: m => { live.state.amber = m.amber; told.clock = m.clock; live.tick(m.now); drawNotes(); },
    choose: m => choose(m.key, m.pan),
    cover: m => { live.state.covers = m.boxes; live.redraw(); },
    room: m => { document.body.classList.toggle("narrow", m.narrow); live.redraw(); },
    pick: m => { picking = m.on; map.getContainer().classList.toggle("picking", m.on); },
    zoom: m => { touched = performance.now(); moved = true; map.setZoom(map.getZoom() + m.by); },
    fit: () => fit(),
    show: m => { touched = performance.now(); moved = true; map.setView([m.lat, m.lon], Math.max(map.getZoom(), m.zoom || 0)); },
  };

  function hear(text) {
    const message = JSON.parse(text);
    acts[message.act](message);
  }

  function start(theMap, bounds) {
    map = theMap;
    home = bounds;
    tip = node("div", document.body);
    tip.id = "tip";
    const foot = node("div", document.body);
    foot.id = "foot";
    legend = node("div", foot);
    legend.id = "legend";
    notes = node("div", foot);
    notes.id = "notes";
    grid = new duty.Sheet(duty.paintGrid(map), { pane: "grid" }).addTo(map);
    live.state.plates = [legend, notes];
    live.start(map);
    map.on("click", press);
    map.on("mousemove", hover);
    map.on("mouseout", () => { tip.style.display = "none"; });
    map.on("contextmenu", event => bridge.wished(event.latlng.lng, event.latlng.lat));
    map.on("dragstart", () => { touched = performance.now(); moved = true; });
    map.on("dragend", () => { touched = performance.now(); });
    map.getContainer().addEventListener("wheel", () => { touched = performance.now(); moved = true; }, { passive: true });
    map.on("moveend zoomend", drawNotes);
    map.on("resize", () => { if (!moved) fit(); drawNotes(); });
    map.getContainer().addEventListener("keydown", event => { if (event.key === "Escape") bridge.escaped(); });
    new QWebChannel(qt.webChannelTransport, channel => {
      bridge = channel.objects.bridge;
      bridge.message.connect(hear);
      bridge.begun();
    });
  }

  return { start, hear, ground: (x, y) => map.containerPointToLatLng([x, y]), facts: () => ({ ...live.facts(), centre: map.getCenter(), picking }) };
})();
