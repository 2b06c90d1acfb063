import { describe, expect, it } from 'vitest';
import { type ArtifactNode, type ArtifactPlace, artifactTree } from './artifact-tree';

let ts = 0;
function artifact(path: string, name: string | null = null, step: number | null = null): ArtifactPlace {
  ts += 1;
  return { id: String(ts), path, name, step, size: 10, ts };
}

function outline(nodes: readonly ArtifactNode<ArtifactPlace>[], depth = 0): string[] {
  return nodes.flatMap((node) => [
    `${'  '.repeat(depth)}${node.label}${node.kind === 'file' && node.versions.length > 1 ? ` ×${node.versions.length}` : ''}`,
    ...(node.kind === 'folder' ? outline(node.children, depth + 1) : []),
  ]);
}

describe('artifactTree', () => {
  it('leaves out the folder that all paths share', () => {
    const paths = ['/data/outputs/r1/model.json', '/data/outputs/r1/plots/b.png', '/data/outputs/r1/plots/a.png'];
    expect(outline(artifactTree(paths.map((path) => artifact(path))))).toEqual(['plots', '  a.png', '  b.png', 'model.json']);
  });

  it('goes by the name where one was given, versions together', () => {
    const samples = [30, 10, 20].map((step) => artifact(`/tmp/x${step}.png`, 'samples/faces', step));
    const tree = artifactTree([...samples, artifact('/tmp/model.bin', 'model'), artifact('/tmp/model-2.bin', 'model 2')]);
    expect(outline(tree)).toEqual(['samples', '  faces ×3', 'model', 'model 2']);
  });

  it('sums a folder, and joins folders that hold nothing else', () => {
    const [folder] = artifactTree([artifact('x', 'a/b/c/one'), artifact('y', 'a/b/c/two')]);
    expect(folder).toMatchObject({ kind: 'folder', label: 'a/b/c', files: 2, size: 20 });
  });

  it('bears odd paths', () => {
    const odd = ['', '/', 'C:\\data\\model.bin', '../x', 's3://bucket/key'];
    const tree = artifactTree(odd.map((path) => artifact(path)));
    const count = (nodes: typeof tree): number =>
      nodes.reduce((sum, node) => sum + (node.kind === 'file' ? node.versions.length : count(node.children)), 0);
    expect(count(tree)).toBe(odd.length);
  });

  it('bears none', () => {
    expect(artifactTree([])).toEqual([]);
  });
});
