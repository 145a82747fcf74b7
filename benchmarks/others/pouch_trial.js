// PouchDB into pouchdb-server (the replication protocol of CouchDB), both on the disk, plain HTTP on loopback.
// node pouch_trial.js FOLDER PORT, in the folder where both are installed. The last line told is JSON: {"per_s": docs a second}.
"use strict";
const fs = require("fs");
const path = require("path");
const { spawn } = require("child_process");
const installed = path.join(process.cwd(), "node_modules");
const PouchDB = require(path.join(installed, "pouchdb"));

const [folder, port] = process.argv.slice(2);
const BLOCK = 1000;
const PATIENCE_MS = 60000;

async function listening(url) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (refused) {
      if (Date.now() > end) throw refused;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

async function main() {
  const server = spawn(
    process.execPath,
    [path.join(installed, "pouchdb-server", "bin", "pouchdb-server"), "--port", port, "--host", "127.0.0.1", "--dir", folder, "--no-stdout-logs"],
    { cwd: folder, stdio: "ignore" },
  );
  try {
    const url = `http://127.0.0.1:${port}/`;
    await listening(url);
    const texts = JSON.parse(fs.readFileSync(path.join(folder, "texts.json"), "utf8"));
    const from = new PouchDB(path.join(folder, "from"));
    for (let at = 0; at < texts.length; at += BLOCK) {
      const block = texts.slice(at, at + BLOCK);
      await from.bulkDocs(block.map((text, i) => ({ _id: String(at + i).padStart(9, "0"), text })));
    }
    const to = new PouchDB(url + "to");
    await to.info();
    const began = performance.now();
    const told = await from.replicate.to(to, { batch_size: BLOCK, batches_limit: 4 });
    const taken = (performance.now() - began) / 1000;
    if (told.docs_written !== texts.length) throw new Error(`${told.docs_written} of ${texts.length} docs arrived`);
    console.log(JSON.stringify({ per_s: texts.length / taken }));
  } finally {
    server.kill();
  }
}

main().then(
  () => process.exit(0),
  (wrong) => {
    console.error(wrong);
    process.exit(1);
  },
);
