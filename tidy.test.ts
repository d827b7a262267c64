/** The repository's own rules, as a test: who may import whom, what is bundled, what is documented, what is dead. */
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { optionsOf, programs } from '#scripts/bundle.mjs';
import { allFiles, type Import, importsOf, isTest, reachable, read } from '#scripts/sources.ts';

const files = allFiles();
const code = files.filter(file => /\.(tsx?|mjs)$/.test(file) && !file.endsWith('.d.ts'));
const product = code.filter(file => !isTest(file) && !/(^|[/-])testing\.tsx?$/.test(file));
const documents = files.filter(file => file.endsWith('.md'));
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string>; dependencies: object };

const ringOf = (file: string): string => (file.includes('/') ? String(file.split('/')[0]) : 'root');

/** Ring → the rings it may import. */
const rings: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  proxy: ['core', 'proxy'],
  db: ['core', 'db'],
  lib: ['core', 'db', 'lib'],
  components: ['core', 'lib', 'components'],
  app: ['core', 'lib', 'components', 'app'],
};

const corePackages = [
  'zod',
  'libpg-query',
  '@marcbachmann/cel-js',
  're2js',
  'jose',
  'yaml',
  'canonicalize',
  'node:crypto',
];
/** What the proxy's programs are made of besides `core` and `proxy`; every one of them reads what strangers send. */
const proxyPackages = [...corePackages, 'pino', 'prom-client', 'selfsigned', 'postgres'];

/** Context of the control plane → the contexts it builds on. */
const contexts: Readonly<Record<string, readonly string[]>> = {
  identity: [],
  audit: ['identity'],
  catalog: ['identity', 'audit'],
  lineage: ['identity', 'audit', 'catalog'],
  policy: ['identity', 'audit', 'catalog'],
  approvals: ['identity', 'audit', 'catalog', 'lineage', 'policy'],
  proxies: ['identity', 'audit', 'catalog', 'lineage', 'policy', 'approvals'],
};

const offences = (among: readonly string[], judge: (file: string, imported: Import) => string | false): string[] =>
  among.flatMap(file =>
    importsOf(file).flatMap(imported => {
      const offence = judge(file, imported);
      return offence === false ? [] : [`${file}: ${imported.specifier} ${offence}`];
    }),
  );

describe('imports', () => {
  it('go inwards only', () => {
    const wrong = offences(product, (file, { file: target }) => {
      const allowed = rings[ringOf(file)];
      if (!allowed || target === null || target === 'package.json') return false;
      return !allowed.includes(ringOf(target)) && `is not for ${ringOf(file)}`;
    });
    expect(wrong).toEqual([]);
  });

  it('name files that exist, with their extension', () => {
    const known = new Set(files);
    const wrong = offences(
      code,
      (_, { file: target }) =>
        target !== null && !target.startsWith('node_modules/') && !known.has(target) && 'does not exist',
    );
    expect(wrong).toEqual([]);
  });

  it('bring nothing into core but its few packages', () => {
    const wrong = offences(
      product.filter(file => ringOf(file) === 'core'),
      (_, { package: name }) => name !== null && !corePackages.includes(name) && 'is not for core',
    );
    expect(wrong).toEqual([]);
  });

  it('follow the order of the contexts in lib', () => {
    const contextOf = (file: string) => /^lib\/([^/]+)\//.exec(file)?.[1];
    const wrong = offences(
      product.filter(file => contexts[contextOf(file) ?? '']),
      (file, { file: target }) => {
        const from = contextOf(file) ?? '';
        const to = target === null ? undefined : contextOf(target);
        if (to === undefined || to === from || !contexts[to]) return false;
        return !contexts[from]?.includes(to) && `is not for ${from}`;
      },
    );
    expect(wrong).toEqual([]);
  });

  it('never take a barrel', () => {
    expect(code.filter(file => /(^|\/)index\.tsx?$/.test(file))).toEqual([]);
  });
});

describe('the control plane and the browser', () => {
  const library = product.filter(file => ringOf(file) === 'lib' && /\.tsx?$/.test(file));
  const open = new Set(library.filter(file => !/^import 'server-only';$/m.test(read(file))));
  const browserPackages = [
    'zod',
    'react',
    '@orpc/client',
    '@orpc/contract',
    '@orpc/tanstack-query',
    '@tanstack/react-query',
  ];

  it('are kept apart by server-only: what is open to both needs nothing of the server', () => {
    const wrong = offences([...open], (_, { file: target, package: name, typeOnly }) => {
      if (typeOnly) return false;
      if (target !== null) return ringOf(target) !== 'core' && !open.has(target) && 'needs server-only';
      return !browserPackages.includes(name ?? '') && 'needs server-only';
    });
    expect(wrong).toEqual([]);
  });

  it('have client components take values only from what is open to both', () => {
    const client = product.filter(file => /^['"]use client['"]/m.test(read(file)));
    const wrong = offences(client, (_, { file: target, typeOnly }) => {
      if (target === null || typeOnly || ringOf(target) !== 'lib') return false;
      return !open.has(target) && 'is not for the browser';
    });
    expect(wrong).toEqual([]);
  });
});

describe('the bundles', () => {
  const packageOf = (input: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];

  it.each(['proxy', 'weir', 'parser-worker'])('put only core, proxy and listed packages into %s', async name => {
    const { metafile } = await build(optionsOf(name as keyof typeof programs));
    const inputs = Object.keys(metafile.inputs);
    const packages = new Set(inputs.flatMap(input => packageOf(input) ?? []));
    const listed = await withDependencies(proxyPackages);
    expect([...packages].filter(found => !listed.has(found)).sort()).toEqual([]);
    const own = inputs.filter(input => !packageOf(input));
    expect(own.filter(input => !/^(core|proxy)\//.test(input))).toEqual([]);
  });
});

/** The packages and what npm installed for them. */
async function withDependencies(names: readonly string[]): Promise<Set<string>> {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dependencies?: object }> };
  const seen = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    queue.push(...Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {}));
  }
  return seen;
}

describe('files', () => {
  it('are short enough to read in one sitting', () => {
    const long = code.filter(file => read(file).trimEnd().split('\n').length > 400);
    expect(long).toEqual([]);
  });

  it('are named in kebab case', () => {
    // Next names route segments with brackets, parentheses and underscores.
    const odd = code.filter(file => !file.startsWith('app/') && !/^[a-z0-9.-]+$/.test(path.basename(file)));
    expect(odd).toEqual([]);
  });

  it('open by saying what they are', () => {
    const lines = (file: string) => read(file).split('\n').slice(0, 4).join('\n');
    const silent = product.filter(file => !/\/\*\*/.test(lines(file)) && !/\.config\.(ts|mjs)$/.test(file));
    expect(silent).toEqual([]);
  });

  it('are all used by more than their tests', () => {
    const named = (text: string) => text.match(/[\w./-]+\.(?:ts|mjs)\b/g) ?? [];
    const segment =
      /^app\/(.*\/)?(page|layout|route|error|global-error|loading|not-found|template|icon|default)\.tsx?$/;
    const entries = [
      ...Object.values(programs),
      ...files.filter(
        file => segment.test(file) || /^([^/]*\.config\.(ts|mjs)|instrumentation.*\.ts|proxy\.ts)$/.test(file),
      ),
      ...Object.values(manifest.scripts).flatMap(named),
      ...documents.flatMap(file => named(read(file))),
      ...['.ci/run', 'Dockerfile', 'vitest.config.ts']
        .filter(file => files.includes(file))
        .flatMap(file => named(read(file))),
      'scripts/weir.mjs',
    ];
    const used = reachable(entries);
    const forTests = reachable(files.filter(isTest));
    const isHelper = (file: string) =>
      /(^|[/-])(testing|generators?|fixtures?)\.tsx?$/.test(file) && forTests.has(file);
    // Loaded by path rather than by import: workers, preloaded modules.
    const text = code.map(read).join('\n');
    const dead = product.filter(
      file => !used.has(file) && !isHelper(file) && !text.includes(`/${path.basename(file)}'`),
    );
    expect(dead).toEqual([]);
  });

  it('skip and single out no test', () => {
    const pattern = /\b(it|test|describe)\.(skip|only|todo|fixme)\b/;
    const skipping = code.filter(file => isTest(file) && file !== 'tidy.test.ts' && pattern.test(read(file)));
    expect(skipping).toEqual([]);
  });

  it('name no machine and no registry', () => {
    // Written so that the pattern does not find itself.
    const pattern = /\/wor[k]\/(main|shared)|\/roo[t]\/|\/tm[p]\/plan|https?:\/\/(registry|deb)\.|"resolve[d]": "http/;
    const readable = files.filter(file =>
      /\.(tsx?|mjs|json|md|ya?ml|css|sql|sh)$|^(\.ci\/run|Dockerfile|\.npmrc)$/.test(file),
    );
    expect(readable.filter(file => pattern.test(read(file)))).toEqual([]);
  });
});

describe('documents', () => {
  it('name paths that exist', () => {
    const known = new Set(files);
    const folders = new Set(
      files.flatMap(file => file.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'))),
    );
    const exists = (target: string) => {
      const plain = target.replace(/\/$/, '');
      return known.has(plain) || folders.has(plain);
    };
    const wrong = documents.flatMap(document => {
      const text = read(document).replace(/```[\s\S]*?```/g, '');
      const quoted = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)].map(match => String(match[1]));
      const named = quoted.filter(target =>
        /^(core|proxy|db|lib|components|app|scripts|e2e|bench|docs|deploy)\//.test(target),
      );
      const linked = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(match =>
        path.posix.normalize(path.posix.join(path.posix.dirname(document), String(match[1]))),
      );
      return [...named, ...linked].filter(target => !exists(target)).map(target => `${document}: ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('name npm scripts that exist', () => {
    const wrong = documents.flatMap(document => {
      const text = read(document);
      const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(match =>
        String(match[1] ?? match[2]),
      );
      return named.filter(name => !(name in manifest.scripts)).map(name => `${document}: npm run ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keep AGENTS.md to what fits on a page or two', () => {
    const long = documents.filter(file => /(^|\/)AGENTS\.md$/.test(file) && read(file).split('\n').length > 100);
    expect(long).toEqual([]);
  });
});
