import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gpus, parseSmi } from './system-gpu.js';

describe('the table of nvidia-smi', () => {
  it('gives a few metrics of each GPU, and leaves out what it does not know', () => {
    const text =
      '0, 87, 70000, 80000, 61, 512.34\n1, 0, 4, 80000, 33, [N/A]\n2, [Not Supported], [N/A], [N/A], 40, \n\ngarbage\nx, 1, 1, 1, 1, 1\n';
    expect(Object.fromEntries(parseSmi(text))).toEqual({
      'system/gpu.0.utilization_percent': 87,
      'system/gpu.0.memory_used_bytes': 70_000 * 2 ** 20,
      'system/gpu.0.memory_percent': 87.5,
      'system/gpu.0.temperature_celsius': 61,
      'system/gpu.0.power_watts': 512.34,
      'system/gpu.1.utilization_percent': 0,
      'system/gpu.1.memory_used_bytes': 4 * 2 ** 20,
      'system/gpu.1.memory_percent': 0.005,
      'system/gpu.1.temperature_celsius': 33,
      'system/gpu.2.temperature_celsius': 40,
    });
  });
});

describe('a command nvidia-smi', () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpu-'));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  /** A stand-in: a driver needs a GPU. It counts its calls. */
  function install(script: string): void {
    writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\necho "$@" >> "${join(folder, 'calls')}"\n${script}\n`, { mode: 0o755 });
    process.env.PATH = `${folder}:${path}`;
  }
  const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

  it('is asked once for all who want to know at about the same time', async () => {
    install('echo "0, 50, 1024, 4096, 40, 100.5"');
    const gpus = new Gpus();
    const [one, two] = await Promise.all([gpus.read(60_000), gpus.read(60_000)]);
    expect(Object.fromEntries(one)).toMatchObject({ 'system/gpu.0.memory_percent': 25 });
    expect(two).toEqual(one);
    expect(await gpus.read(60_000)).toEqual(one);
    expect(calls()).toEqual([
      '--query-gpu=index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw --format=csv,noheader,nounits',
    ]);
    await gpus.read(-1);
    expect(calls()).toHaveLength(2);
  });

  it.each([
    ['fails', 'exit 9', 20_000],
    ['hangs', 'sleep 600', 100],
    ['never stops talking', 'exec yes', 20_000],
  ])('that %s is asked three times, and no more', async (_what, script, timeoutMs) => {
    install(script);
    const gpus = new Gpus(timeoutMs);
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    for (let time = 0; time < 5; time += 1) expect(await gpus.read(-1)).toEqual([]);
    expect(calls()).toHaveLength(3);
    expect((await warned).message).toContain('nvidia-smi failed 3 times');
  });

  it('is ended when the control plane closes', async () => {
    install('sleep 600');
    const gpus = new Gpus();
    const asked = gpus.read(0);
    await expect.poll(() => existsSync(join(folder, 'calls'))).toBe(true);
    gpus.close();
    expect(await asked).toEqual([]);
  });

  it('that is not there is not looked for again, and not complained of', async () => {
    process.env.PATH = folder;
    const gpus = new Gpus();
    expect(await gpus.read(-1)).toEqual([]);
    install('echo "0, 50, 1024, 4096, 40, 100.5"');
    expect(await gpus.read(-1)).toEqual([]);
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });
});
