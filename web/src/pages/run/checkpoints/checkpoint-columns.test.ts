import { describe, expect, it } from 'vitest';
import { metricColumns, resumeCommand, shownCheckpoints } from './checkpoint-columns';

describe('metricColumns', () => {
  it('puts first what most have, and stays bounded', () => {
    const checkpoints = [
      { metrics: { loss: 1 } },
      { metrics: { loss: 2, acc: 1 } },
      { metrics: null },
      { metrics: { acc: 1, b: 2, loss: 3 } },
    ];
    expect(metricColumns(checkpoints, 2)).toEqual(['loss', 'acc']);
    expect(metricColumns([], 2)).toEqual([]);
  });
});

describe('shownCheckpoints', () => {
  const many = Array.from({ length: 1_000 }, (_, at) => at);

  it('shows the newest first, and the best however old', () => {
    const { shown, hidden } = shownCheckpoints(many, 7, false);
    expect([shown[0], shown.at(-1), shown.length, hidden]).toEqual([999, 7, 201, 799]);
    expect(shownCheckpoints(many, 990, false).shown).toHaveLength(200);
  });

  it('shows all on request, and when they are few', () => {
    expect(shownCheckpoints(many, 7, true)).toMatchObject({ hidden: 0 });
    expect(shownCheckpoints([1, 2], undefined, false)).toEqual({ shown: [2, 1], hidden: 0 });
  });
});

describe('resumeCommand', () => {
  it('starts the recorded command again as a child', () => {
    const process = { command: 'python3', args: ['train.py', '--note', "it's"], cwd: '/home/ada/my code' };
    expect(resumeCommand({ runId: 'r1', experimentId: 'digits', process }, '/data/epoch 3.json')).toBe(
      "npx xtrack run --parent r1 --experiment digits --cwd '/home/ada/my code' --env XTRACK_RESUME_RUN_ID=r1 " +
        "--env 'XTRACK_RESUME_CHECKPOINT=/data/epoch 3.json' -- python3 train.py --note 'it'\\''s'",
    );
  });

  it('leaves a place for a command that was not recorded', () => {
    const line = resumeCommand({ runId: 'r1', experimentId: null, process: null }, 'a.pt');
    expect(line).toBe('npx xtrack run --parent r1 --env XTRACK_RESUME_RUN_ID=r1 --env XTRACK_RESUME_CHECKPOINT=a.pt -- python3 train.py');
  });
});
