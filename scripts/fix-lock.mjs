/**
 * Repairs package-lock.json so that `npm ci` accepts it everywhere: a registry mirror that does not serve the binaries of
 * other platforms leaves their optional entries out of the lock, and `npm ci` then refuses it on every machine. Run it
 * after adding a package that has platform binaries: `npm run fix-lock`.
 */
import fs from 'node:fs';

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));

const ancestors = function* (location) {
  for (let at = location; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
    yield at;
    if (at === '') return;
  }
};

/** What npm would have written for a platform package; without `integrity`, which only the registry knows. */
const entryOf = (name, range, parent) => {
  const os = /darwin|win32|freebsd|openbsd|netbsd|sunos|aix|android|openharmony|linux/.exec(name)?.[0];
  const cpu = /arm64|x64|ia32|wasm32|ppc64|s390x|riscv64|loong64|mips64el|arm/.exec(name)?.[0];
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(parent.dev ? { dev: true } : {}),
    ...(/musl/.test(name) ? { libc: ['musl'] } : {}),
    optional: true,
    ...(os ? { os: [os] } : /windows/.test(name) ? { os: ['win32'] } : {}),
  };
};

let added = 0;
for (const [location, parent] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    const at = base => `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if ([...ancestors(location)].some(base => lock.packages[at(base)])) continue;
    lock.packages[at('')] = entryOf(name, range, parent);
    added += 1;
    console.log(`added ${name} ${range}`);
  }
}

let resolved = 0;
for (const entry of Object.values(lock.packages)) {
  if (!('resolved' in entry) || entry.link) continue;
  delete entry.resolved;
  resolved += 1;
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a === '' ? -1 : b === '' ? 1 : a.localeCompare(b, 'en'))),
);
fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added, ${resolved} registry addresses removed`);
