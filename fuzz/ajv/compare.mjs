// The official JSON schemas, judged by ajv, beside our schema in ajv and beside our validator, on many documents:
//
//   node compare.mjs OCI-SCHEMAS VALIDATOR ROOT
//
// OCI-SCHEMAS holds config-schema.json and its kin, VALIDATOR is plimsoll-validate, ROOT the source tree. Prints how
// often they agree, and each document that the official schema refuses and our validator takes. Status 1 for one of
// these that is not in known.json. SPDX-License-Identifier: Apache-2.0
import {execFileSync, spawnSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [schemas, validator, root] = process.argv.slice(2);
const modules = process.env.NODE_MODULES;
const load = async (name) => (await import(pathToFileURL(path.join(modules, name)).href)).default;
const unwrap = (module) => module.default ?? module;
const Ajv04 = unwrap(await load("ajv-draft-04/dist/index.js"));
const Ajv = unwrap(await load("ajv/dist/ajv.js"));
const json = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

// -- the judges --

function official(name) {
  const ajv = new Ajv04({strict: false, allErrors: false, logger: false, validateFormats: false});
  for (const file of fs.readdirSync(schemas).filter((entry) => entry.endsWith(".json"))) {
    const schema = json(path.join(schemas, file));
    delete schema.id;  // references are by file name
    ajv.addSchema(schema, file);
  }
  return ajv.getSchema(name);
}
function ours(kind) {
  const ajv = new Ajv({strict: false, allErrors: false, logger: false});
  return ajv.compile(JSON.parse(execFileSync(validator, ["--schema", "--type", kind], {encoding: "utf8"})));
}
const first = (check) => {
  const error = (check.errors ?? [])[0];
  return error ? `${error.instancePath} ${error.message}` : "";
};

// -- the documents --

function merge(target, patch) {  // RFC 7396
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) {
    return patch;
  }
  const out = target !== null && typeof target === "object" && !Array.isArray(target) ? {...target} : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      delete out[name];
    } else {
      out[name] = merge(out[name], value);
    }
  }
  return out;
}
function* documents(kind) {
  const folders = {config: ["config", "agreement", "schema", "json"], state: ["documents"], features: ["documents"]}[kind];
  for (const folder of folders) {
    const at = path.join(root, "fuzz/corpus", folder);
    for (const name of fs.readdirSync(at)) {
      yield {name: `${folder}/${name}`, text: fs.readFileSync(path.join(at, name))};
    }
  }
  const examples = json(path.join(root, "validator/catalog/examples.json"));
  const base = examples.bases[kind];
  if (kind === "config") {
    for (const entry of json(path.join(root, "validator/report/testdata/corpus.json"))) {
      yield {name: entry.name, text: entry.text ?? JSON.stringify(merge(base, entry.patch))};
    }
  }
  for (const [index, entry] of examples.examples.entries()) {
    for (const form of ["good", "bad"]) {
      if (form in entry && (entry.base ?? "config") === kind) {
        yield {name: `${entry.rule} (${form} ${index})`, text: JSON.stringify(merge(base, entry[form]))};
      }
    }
  }
}

// -- the comparison --

const known = json(path.join(root, "fuzz/ajv/known.json"));
const work = fs.mkdtempSync(path.join(os.tmpdir(), "plimsoll-ajv-"));
let failed = 0;
for (const [kind, file] of [["config", "config-schema.json"], ["state", "state-schema.json"], ["features", "features-schema.json"]]) {
  const theirs = official(file);
  const our = ours(kind);
  const count = {documents: 0, "no JSON": 0, "all agree: good": 0, "all agree: bad": 0, "ours stricter, by schema": 0,
                 "ours stricter, by rules": 0, "official stricter": 0};
  const looser = new Map();
  const stricter = new Map();
  const note = (why) => stricter.set(why, (stricter.get(why) ?? 0) + 1);
  for (const {name, text} of documents(kind)) {
    let document;
    try {
      document = JSON.parse(new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(Buffer.from(text)));
    } catch {
      count["no JSON"]++;
      continue;
    }
    count.documents++;
    const target = path.join(work, "document.json");
    fs.writeFileSync(target, text);
    const run = spawnSync(validator, ["--type", kind, "--no-lint", target]);
    if (run.status !== 0 && run.status !== 1) {
      count.documents--;  // too large to be looked at
      continue;
    }
    const good = {theirs: theirs(document), schema: our(document), validator: run.status === 0};
    if (good.theirs && good.schema && good.validator) {
      count["all agree: good"]++;
    } else if (!good.theirs && !good.validator) {
      count["all agree: bad"]++;
    } else if (good.theirs && !good.schema) {
      count["ours stricter, by schema"]++;
      note(`schema: ${first(our).replace(/\/[^/ ]*\d[^/ ]*/g, "/*")}`);
    } else if (good.theirs) {
      count["ours stricter, by rules"]++;
      note(`rule: ${/ error: .*\[(\S+)\]/.exec(String(run.stdout))?.[1]}`);
    } else {
      count["official stricter"]++;
      const reason = first(theirs).replace(/\/[^/ ]*\d[^/ ]*/g, "/*");
      looser.set(reason, [...(looser.get(reason) ?? []), name]);
    }
  }
  console.log(`\n${kind}`);
  for (const [what, number] of Object.entries(count)) {
    console.log(`  ${String(number).padStart(6)} ${what}`);
  }
  for (const [why, number] of [...stricter].sort((a, b) => b[1] - a[1])) {
    console.log(`  only ours refuses, ${why} (${number})`);
  }
  for (const [reason, names] of looser) {
    const row = known.find((entry) => reason.startsWith(entry.official));
    failed += row ? 0 : 1;
    console.log(`  only the official schema refuses: ${reason} (${names.length}, as in ${names[0]}): ${row ? row.why : "NOT EXPLAINED"}`);
  }
}
fs.rmSync(work, {recursive: true});
process.exit(failed === 0 ? 0 : 1);
