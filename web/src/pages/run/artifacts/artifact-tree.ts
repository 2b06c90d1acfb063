// Artifacts as folders and files: by the name that they were given, else by their path below the folder that all of them share.

export interface ArtifactPlace {
  readonly id: string;
  readonly name: string | null;
  readonly path: string;
  readonly step: number | null;
  readonly size: number | null;
  readonly ts: number;
}

/** What was logged under one name; more than one where it was logged again and again, as pictures by step are. */
export interface ArtifactFile<Artifact> {
  readonly kind: 'file';
  readonly path: string;
  readonly label: string;
  /** Oldest first. */
  readonly versions: readonly Artifact[];
}

export interface ArtifactFolder<Artifact> {
  readonly kind: 'folder';
  readonly path: string;
  readonly label: string;
  readonly children: readonly ArtifactNode<Artifact>[];
  readonly files: number;
  /** Bytes, of those that are known. */
  readonly size: number;
}

export type ArtifactNode<Artifact> = ArtifactFile<Artifact> | ArtifactFolder<Artifact>;

interface Shelf<Artifact> {
  readonly files: Map<string, Artifact[]>;
  readonly folders: Map<string, Shelf<Artifact>>;
}

/** Folders first, then files, each by name. */
export function artifactTree<Artifact extends ArtifactPlace>(artifacts: readonly Artifact[]): readonly ArtifactNode<Artifact>[] {
  const shared = sharedFolder(artifacts.filter(({ name }) => name === null).map(({ path }) => path));
  const root: Shelf<Artifact> = { files: new Map(), folders: new Map() };
  for (const artifact of artifacts) {
    const parts = partsOf(artifact.name ?? artifact.path.slice(shared.length));
    let shelf = root;
    for (const part of parts.slice(0, -1)) {
      const next: Shelf<Artifact> = shelf.folders.get(part) ?? { files: new Map(), folders: new Map() };
      shelf.folders.set(part, next);
      shelf = next;
    }
    const label = parts.at(-1) ?? artifact.path;
    shelf.files.set(label, [...(shelf.files.get(label) ?? []), artifact]);
  }
  return nodesOf(root, '');
}

function partsOf(path: string): readonly string[] {
  return path.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
}

function nodesOf<Artifact extends ArtifactPlace>(shelf: Shelf<Artifact>, prefix: string): readonly ArtifactNode<Artifact>[] {
  const byLabel = (a: { label: string }, b: { label: string }): number => a.label.localeCompare(b.label, 'en', { numeric: true });
  const folders = [...shelf.folders].map(([label, inner]) => folderOf(inner, label, `${prefix}${label}/`)).sort(byLabel);
  const files = [...shelf.files].map(
    ([label, versions]): ArtifactFile<Artifact> => ({
      kind: 'file',
      path: prefix + label,
      label,
      versions: versions.toSorted((a, b) => a.ts - b.ts),
    }),
  );
  return [...folders, ...files.sort(byLabel)];
}

function folderOf<Artifact extends ArtifactPlace>(shelf: Shelf<Artifact>, label: string, path: string): ArtifactFolder<Artifact> {
  const children = nodesOf(shelf, path);
  const [only] = children;
  if (children.length === 1 && only?.kind === 'folder') return { ...only, label: `${label}/${only.label}` };
  const files = children.reduce((sum, child) => sum + (child.kind === 'file' ? 1 : child.files), 0);
  const size = children.reduce((sum, child) => sum + (child.kind === 'file' ? sizeOf(child.versions) : child.size), 0);
  return { kind: 'folder', path, label, children, files, size };
}

function sizeOf(versions: readonly ArtifactPlace[]): number {
  return versions.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

/** The longest folder, with its last slash, that all paths lie in. */
function sharedFolder(paths: readonly string[]): string {
  let shared = paths[0]?.slice(0, paths[0].lastIndexOf('/') + 1) ?? '';
  for (const path of paths) {
    while (!path.startsWith(shared)) shared = shared.slice(0, shared.lastIndexOf('/', shared.length - 2) + 1);
  }
  return shared;
}
