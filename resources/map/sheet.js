// A canvas over the map that is larger than the view by a margin and drawn anew when the view has left it.
"use strict";
window.duty = window.duty || {};

duty.Sheet = L.Layer.extend({
  initialize: function (paint, options) {
    this._paint = paint;
    this._margin = 96;
    L.setOptions(this, options);
  },
  onAdd: function (map) {
    this._map = map;
    this._canvas = L.DomUtil.create("canvas", "sheet", this.getPane());
    map.on("moveend zoomend resize viewreset", this.draw, this);
    map.on("move", this._moved, this);
    this.draw();
  },
  onRemove: function (map) {
    map.off("moveend zoomend resize viewreset", this.draw, this);
    map.off("move", this._moved, this);
    L.DomUtil.remove(this._canvas);
  },
  _moved: function () {
    const gone = this._map.containerPointToLayerPoint([-this._margin, -this._margin]).distanceTo(this._corner);
    if (gone > this._margin * .8) this.schedule();
  },
  schedule: function () {
    if (this._due) return;
    this._due = true;
    const draw = () => { if (this._due) this.draw(); };
    // A hidden page gets no frames, but what it holds must stay true for the moment it is shown.
    if (document.hidden) setTimeout(draw, 0); else requestAnimationFrame(draw);
  },
  draw: function () {
    this._due = false;
    const map = this._map, size = map.getSize(), margin = this._margin, ratio = window.devicePixelRatio || 1;
    const w = size.x + 2 * margin, h = size.y + 2 * margin, canvas = this._canvas;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
      canvas.style.width = w + "px";
      canvas.style.height = h + "px";
    }
    this._corner = map.containerPointToLayerPoint([-margin, -margin]);
    L.DomUtil.setPosition(canvas, this._corner);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    // Where Mercator (0..1) falls on this sheet: x * scale - left, y * scale - top.
    const scale = 256 * Math.pow(2, map.getZoom()), origin = map.getPixelOrigin();
    const frame = { w, h, margin, scale, left: origin.x + this._corner.x, top: origin.y + this._corner.y };
    this._paint(pen, frame);
  },
  // Point of the container -> point of the sheet, and back.
  toSheet: function (point) {
    const at = this._map.containerPointToLayerPoint(point);
    return { x: at.x - this._corner.x, y: at.y - this._corner.y };
  },
  toContainer: function (point) {
    const at = this._map.layerPointToContainerPoint([point.x + this._corner.x, point.y + this._corner.y]);
    return { x: at.x, y: at.y };
  },
});

// Faint lines of longitude and latitude: the blank ground still shows how far things lie apart.
duty.paintGrid = function (map) {
  const STEPS = [10, 5, 2, 1, .5, .2, .1, .05, .02, .01, .005, .002, .001, .0005, .0002];
  return function (pen, frame) {
    const fine = STEPS.findLast(step => step / 360 * frame.scale >= 90) || STEPS[0];
    const far = map.containerPointToLatLng([-frame.margin, -frame.margin]);
    const near = map.containerPointToLatLng([frame.w - frame.margin, frame.h - frame.margin]);
    pen.strokeStyle = duty.symbols.colour("line");
    pen.globalAlpha = .45;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let lon = Math.ceil(far.lng / fine) * fine; lon <= near.lng; lon += fine) {
      const x = Math.round(duty.mercator(lon, 0).x * frame.scale - frame.left) + .5;
      pen.moveTo(x, 0);
      pen.lineTo(x, frame.h);
    }
    for (let lat = Math.ceil(near.lat / fine) * fine; lat <= far.lat; lat += fine) {
      const y = Math.round(duty.mercator(0, lat).y * frame.scale - frame.top) + .5;
      pen.moveTo(0, y);
      pen.lineTo(frame.w, y);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  };
};

duty.mercator = function (lon, lat) {
  const s = Math.sin(Math.max(-85, Math.min(85, lat)) * Math.PI / 180);
  return { x: (lon + 180) / 360, y: .5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI) };
};
