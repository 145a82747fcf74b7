// Symbols of the map, drawn once per look and kept as small canvases. Form says what it is, colour only its state.
"use strict";
window.duty = window.duty || {};

duty.symbols = (function () {
  const kept = new Map();
  let colour = {};
  let factor = 1;  // 1 on a desk; the wall's type is larger, and symbols grow with it

  const FONT = '"Noto Sans CJK SC","Source Han Sans SC","Noto Sans SC","Microsoft YaHei UI","Microsoft YaHei",'
    + '"PingFang SC","WenQuanYi Micro Hei",sans-serif';
  const font = (px, bold) => (bold ? "700 " : "400 ") + Math.round(px * factor) + "px " + FONT;

  function dress(colours, f) {
    colour = colours;
    factor = f;
    kept.clear();
  }

  // Outline of a level's shape around the origin: 1 diamond, 2 triangle, 3 disc, 4 square, none a ring (XC-13).
  function levelPath(level, half) {
    const path = new Path2D();
    if (level === 1) { path.moveTo(0, -half); path.lineTo(half, 0); path.lineTo(0, half); path.lineTo(-half, 0); path.closePath(); }
    else if (level === 2) { path.moveTo(0, -half * .94); path.lineTo(half, half * .82); path.lineTo(-half, half * .82); path.closePath(); }
    else if (level === 3) path.arc(0, 0, half * .94, 0, 2 * Math.PI);
    else if (level === 4) path.rect(-half * .86, -half * .86, half * 1.72, half * 1.72);
    else path.arc(0, 0, half * .83, 0, 2 * Math.PI);
    return path;
  }

  function paintIncident(pen, level) {
    const shape = levelPath(level, 9);
    pen.lineJoin = "round";
    pen.strokeStyle = colour.ground;
    pen.lineWidth = 7;
    pen.stroke(shape);
    if (!level) {
      pen.fillStyle = colour.district;
      pen.fill(shape);
      pen.strokeStyle = colour.level_none;
      pen.lineWidth = 3;
      pen.stroke(shape);
      return;
    }
    const fill = colour["level_fill_" + level], edge = colour["level_" + level];
    pen.fillStyle = fill;
    pen.fill(shape);
    if (fill !== edge) { pen.strokeStyle = edge; pen.lineWidth = 1.25; pen.stroke(shape); }
  }

  function paintTile(pen, glyph, half, filled) {
    pen.beginPath();
    pen.roundRect(-half, -half, 2 * half, 2 * half, 3);
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour.muted;
    pen.fillStyle = filled ? colour.muted : colour.district;
    pen.fill();
    pen.stroke();
    if (!glyph) return;
    pen.font = "700 " + Math.round(half * 1.4) + "px " + FONT;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = filled ? colour.ground : colour.muted;
    pen.fillText(glyph, 0, 1);
  }

  function paintHouse(pen, state, share) {
    const ink = colour[{ ok: "good", near: "warn", full: "bad" }[state] || "muted"];
    const house = new Path2D("M -8 -1 L 0 -8 L 8 -1 L 8 8 L -8 8 Z");
    pen.lineJoin = "round";
    pen.strokeStyle = colour.ground;
    pen.lineWidth = 5;
    pen.stroke(house);
    pen.fillStyle = colour.district;
    pen.fill(house);
    if (share > 0) {
      pen.save();
      pen.clip(house);
      pen.fillStyle = ink;
      pen.fillRect(-8, 8 - 16 * Math.min(1, share), 16, 16);
      pen.restore();
    }
    pen.strokeStyle = ink;
    pen.lineWidth = 1.75;
    if (state === "shut") pen.setLineDash([3, 2]);
    pen.stroke(house);
  }

  function paintArrow(pen, back) {
    const arrow = new Path2D("M 0 -8 L 5 6 L 0 3 L -5 6 Z");
    pen.lineJoin = "round";
    pen.strokeStyle = colour.ground;
    pen.lineWidth = 4;
    pen.stroke(arrow);
    pen.fillStyle = back ? colour.muted : colour.text;
    pen.fill(arrow);
  }

  function paintCluster(pen, half) {
    pen.beginPath();
    pen.arc(0, 0, half, 0, 2 * Math.PI);
    pen.fillStyle = colour.fill;
    pen.strokeStyle = colour.ground;
    pen.lineWidth = 3;
    pen.stroke();
    pen.fill();
    pen.strokeStyle = colour.muted;
    pen.lineWidth = 1;
    pen.stroke();
  }

  // What a feature looks like: key of the kept canvas, half its side in px, and how to paint it.
  function look(f) {
    switch (f.kind) {
      case "incident": return ["i" + f.level, 15, pen => paintIncident(pen, f.level)];
      case "station": return f.minor ? ["m", 9, pen => paintTile(pen, "", 4.5, false)]
        : ["s" + f.glyph, 12, pen => paintTile(pen, f.glyph, 8, true)];
      case "shelter": {
        const step = Math.ceil(Math.min(1, f.share || 0) * 12);
        return ["h" + f.state + step, 13, pen => paintHouse(pen, f.state, step / 12)];
      }
      case "vehicle": return ["v" + (f.phase === "back" ? 1 : 0), 11, pen => paintArrow(pen, f.phase === "back")];
      case "cluster": return ["c" + f.half, f.half + 3, pen => paintCluster(pen, f.half)];
      default: return ["p" + f.glyph, 11, pen => paintTile(pen, f.glyph, 6.5, false)];
    }
  }

  function sprite(f) {
    const ratio = window.devicePixelRatio || 1;
    const [key, half, paint] = look(f);
    let found = kept.get(key + "@" + ratio);
    if (!found) {
      const side = Math.ceil(2 * half * factor * ratio);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = side;
      const pen = canvas.getContext("2d");
      pen.translate(side / 2, side / 2);
      pen.scale(ratio * factor, ratio * factor);
      paint(pen);
      found = { canvas, size: side / ratio, half: half * factor };
      kept.set(key + "@" + ratio, found);
    }
    return found;
  }

  function stamp(pen, f, x, y, turn) {
    const s = sprite(f);
    if (!turn) { pen.drawImage(s.canvas, Math.round(x - s.size / 2), Math.round(y - s.size / 2), s.size, s.size); return s; }
    pen.save();
    pen.translate(x, y);
    pen.rotate(turn);
    pen.drawImage(s.canvas, -s.size / 2, -s.size / 2, s.size, s.size);
    pen.restore();
    return s;
  }

  return { dress, stamp, sprite, font, colour: name => colour[name], factor: () => factor };
})();
