/**
 * One built module as the body of a function: its imports become calls, its exports assignments. Knows the few forms in
 * which the compiler writes them and refuses every other, so that a bundle is never almost right. No files here.
 */

/** What a module names in its imports. */
export interface Imported {
  readonly specifier: string;
  /** Only when that line is reached; the others before the module's own first line. */
  readonly lazy: boolean;
}

export interface Transformed {
  readonly body: string;
  readonly imports: readonly Imported[];
}

/** A module that cannot be put into a bundle. */
export class NoBundle extends Error {}

const importStatement = /^import\s+(?:([^'"]*?)\s+from\s+)?'([^'\n]+)';$/gm;
const exportedDeclaration = /^export (?=(?:const|function|function\*|async function|async function\*|class) )/gm;
const declaredName = /^export (?:const|(?:async )?function\*?|class) ([A-Za-z_$][\w$]*)/gm;
const exportList = /^export \{([^}]*)\}(?: from '([^'\n]+)')?;$/gm;
const lazyImport = /\bimport\('([^'\n]+)'\)/g;
const anyLeft = /^(?:import\b|export\b)|\bimport\(|\bimport\.meta\.(?!url\b)/m;

/**
 * `load` is the text that stands for a module's exports, `own` the one for the address of the module's own file. The body
 * sees `exports`. Modules must not import each other in a circle: names are taken when the importing module begins.
 */
export function transform(source: string, load: (imported: Imported) => string, own: string): Transformed {
  const imports: Imported[] = [];
  const named: string[] = [];
  const from = (specifier: string, lazy: boolean): string => {
    const imported = { specifier, lazy };
    imports.push(imported);
    return load(imported);
  };
  for (const [, name = ''] of source.matchAll(declaredName)) named.push(`${name}: { enumerable: true, get: () => ${name} }`);
  const body = source
    .replace(importStatement, (_all, clause: string | undefined, specifier: string) => taken(clause, from(specifier, false)))
    .replace(exportList, (_all, list: string, specifier: string | undefined) => {
      const origin = specifier === undefined ? '' : `${from(specifier, false)}.`;
      for (const [local, name] of pairs(list)) named.push(`${name}: { enumerable: true, get: () => ${origin}${local} }`);
      return '';
    })
    .replace(exportedDeclaration, '')
    .replace(lazyImport, (_all, specifier: string) => from(specifier, true))
    .replaceAll('import.meta.url', own)
    .replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const left = anyLeft.exec(body);
  if (left !== null) throw new NoBundle(`cannot be bundled: ${JSON.stringify(body.slice(left.index, left.index + 60))}`);
  const exported = named.length === 0 ? '' : `Object.defineProperties(exports, { ${named.join(', ')} });\n`;
  return { body: `${exported}${body.trim()}\n`, imports };
}

/** The statement that takes what an import clause names out of `loaded`. */
function taken(clause: string | undefined, loaded: string): string {
  if (clause === undefined) return `${loaded};`;
  const parts = /^(?:([\w$]+)(?:\s*,\s*)?)?(?:\{([^}]*)\}|\*\s+as\s+([\w$]+))?$/.exec(clause);
  if (parts === null) throw new NoBundle(`an import in a form that no bundle knows: ${clause}`);
  const [, whole, list, namespace] = parts;
  const statements = [
    ...(whole === undefined ? [] : [`const ${whole} = ${loaded};`]),
    ...(namespace === undefined ? [] : [`const ${namespace} = ${loaded};`]),
    ...(list === undefined || pairs(list).length === 0
      ? []
      : [
          `const { ${pairs(list)
            .map(([name, local]) => (name === local ? name : `${name}: ${local}`))
            .join(', ')} } = ${loaded};`,
        ]),
  ];
  return statements.length === 0 ? `${loaded};` : statements.join(' ');
}

/** `a, b as c` → [a, a], [b, c]. */
function pairs(list: string): readonly (readonly [string, string])[] {
  return list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const [first = '', second = first] = text.split(/\s+as\s+/);
      return [first, second] as const;
    });
}
