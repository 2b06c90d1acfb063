// Params as a tree that folds: `optimizer.lr` lies under `optimizer`. Pure, so that filter and folding are tested without a page.

import type { JsonValue } from '../../../../../src/protocol/events.js';

export interface ParamGroup {
  readonly kind: 'group';
  /** The whole dotted key. */
  readonly path: string;
  readonly label: string;
  readonly children: readonly ParamNode[];
  /** Params below it. */
  readonly count: number;
}

export interface ParamLeaf {
  readonly kind: 'param';
  readonly path: string;
  readonly label: string;
  readonly value: JsonValue;
}

export type ParamNode = ParamGroup | ParamLeaf;

/** One line of the table. */
export interface ParamRow {
  readonly node: ParamNode;
  /** 0 at the top. */
  readonly depth: number;
}

/** Deeper keys stay in one line. */
const DEEPEST = 12;

interface Folder {
  readonly leaves: Map<string, ParamLeaf>;
  readonly folders: Map<string, Folder>;
}

/** The tree, by name (numbers in their order); a group of one param is that param with its longer label. */
export function paramTree(params: Readonly<Record<string, JsonValue>>): readonly ParamNode[] {
  const root = emptyFolder();
  for (const [path, value] of Object.entries(params)) {
    const parts = path.split('.');
    const way = parts.slice(0, Math.min(parts.length - 1, DEEPEST));
    let folder = root;
    for (const part of way) {
      const next = folder.folders.get(part) ?? emptyFolder();
      folder.folders.set(part, next);
      folder = next;
    }
    const label = parts.slice(way.length).join('.');
    folder.leaves.set(label, { kind: 'param', path, label, value });
  }
  return nodesOf(root, '');
}

function emptyFolder(): Folder {
  return { leaves: new Map(), folders: new Map() };
}

function nodesOf(folder: Folder, prefix: string): readonly ParamNode[] {
  const groups = [...folder.folders].map(([name, inner]) => groupOf(inner, name, prefix === '' ? name : `${prefix}.${name}`));
  return [...folder.leaves.values(), ...groups].sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
}

function groupOf(folder: Folder, label: string, path: string): ParamNode {
  const children = nodesOf(folder, path);
  const [only] = children;
  if (children.length === 1 && only !== undefined) return { ...only, label: `${label}.${only.label}` };
  const count = children.reduce((sum, child) => sum + (child.kind === 'group' ? child.count : 1), 0);
  return { kind: 'group', path, label, children, count };
}

/** The lines shown: without what lies below a closed group, or, with a filter, every param that it names, whatever is closed. */
export function paramRows(tree: readonly ParamNode[], closed: ReadonlySet<string>, filter: string): readonly ParamRow[] {
  const wanted = filter.trim().toLowerCase();
  const rows: ParamRow[] = [];
  const walk = (nodes: readonly ParamNode[], depth: number): void => {
    for (const node of nodes) {
      if (wanted !== '' && !holds(node, wanted)) continue;
      rows.push({ node, depth });
      if (node.kind === 'group' && (wanted !== '' || !closed.has(node.path))) walk(node.children, depth + 1);
    }
  };
  walk(tree, 0);
  return rows;
}

function holds(node: ParamNode, wanted: string): boolean {
  if (node.path.toLowerCase().includes(wanted)) return true;
  return node.kind === 'group' ? node.children.some((child) => holds(child, wanted)) : showValue(node.value).toLowerCase().includes(wanted);
}

/** A value as text: a string without quotes, the rest as JSON. */
export function showValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
