import { type Node, parse } from 'acorn';

/** Methods that Chrome 80 or Safari 14 lack, by name alone: whose they are can't be seen in a built file. */
const METHODS = new Set([
  'at',
  'replaceAll',
  'hasOwn',
  'findLast',
  'findLastIndex',
  'toSorted',
  'toReversed',
  'toSpliced',
  'groupBy',
  'withResolvers',
  'randomUUID',
  'replaceChildren',
  'throwIfAborted',
  'isDisjointFrom',
  'checkVisibility',
]);
/** Static ones whose name alone says too little. */
const STATICS = new Set(['Promise.any', 'Promise.try', 'AbortSignal.timeout', 'AbortSignal.any', 'Array.fromAsync']);
const GLOBALS = new Set([
  'structuredClone',
  'WeakRef',
  'FinalizationRegistry',
  'AggregateError',
  'BroadcastChannel',
  'requestIdleCallback',
  'reportError',
  'scheduler',
  'navigation',
  'CompressionStream',
]);

type Tree = Node & { [property: string]: unknown };

/**
 * Uses of newer APIs in an ES2020 module that no test for their presence guards.
 * @throws SyntaxError where the module uses newer syntax
 */
export function newerApis(code: string): string[] {
  const found: string[] = [];
  const tree = parse(code, { ecmaVersion: 2020, sourceType: 'module' }) as Node as Tree;
  walk(tree, [], (node, ancestors) => {
    const name = newerName(node, ancestors[ancestors.length - 1]);
    if (name && !isGuarded(name.slice(name.lastIndexOf('.') + 1), ancestors)) {
      found.push(`${name} in …${code.slice(Math.max(0, node.start - 60), node.end + 40)}…`);
    }
  });
  return found;
}

function newerName(node: Tree, parent: Tree | undefined): string | null {
  if (node.type === 'CallExpression') {
    const callee = node.callee as Tree;
    if (callee.type !== 'MemberExpression' || callee.computed || callee.optional || node.optional) return null;
    const { name } = callee.property as Tree & { name: string };
    const whole = `${nameOf(callee.object as Tree)}.${name}`;
    return METHODS.has(name) || STATICS.has(whole) ? whole : null;
  }
  if (node.type === 'Identifier' && GLOBALS.has(nameOf(node))) {
    const used = parent?.type === 'CallExpression' || parent?.type === 'NewExpression';
    return used && (parent as Tree).callee === node ? nameOf(node) : null;
  }
  return null;
}

function nameOf(node: Tree): string {
  return typeof node.name === 'string' ? node.name : '';
}

/** Whether a condition around the use asks for the same name: `typeof x`, `x && x()`, `if (o.x)`, `try`. */
function isGuarded(name: string, ancestors: Tree[]): boolean {
  return ancestors.some((ancestor) => {
    if (ancestor.type === 'TryStatement') return true;
    const test = (ancestor.type === 'LogicalExpression' ? ancestor.left : ancestor.test) as Tree | undefined;
    if (!test) return false;
    let mentioned = false;
    walk(test, [], (node) => {
      if (nameOf(node) === name) mentioned = true;
    });
    return mentioned;
  });
}

function walk(node: Tree, ancestors: Tree[], visit: (node: Tree, ancestors: Tree[]) => void): void {
  visit(node, ancestors);
  const inside = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === 'object' && typeof (child as Tree).type === 'string')
        walk(child as Tree, inside, visit);
    }
  }
}
