// A file system in memory under /sim, behind node:fs and node:fs/promises, with a disk that can be full; and the part of /proc
// by which processes know each other. Paths elsewhere go to the real one.

import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';

const ROOT = '/sim/';
/** The temporary folder of everybody. */
const TEMPORARY = '/sim/tmp';
const FIRST_FD = 1_000_000;
const PROC = '/proc/';
const STAT = '/stat';
/** What stands between the state of a process and when it started. */
const STAT_ZEROS = '0 '.repeat(18);

let outer;

class SimFile {
  bytes = Buffer.alloc(256);
  size = 0;
  mtimeMs = 0;

  reserve(size) {
    if (size <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(size, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.size);
    this.bytes = grown;
  }

  truncate(size) {
    this.reserve(size);
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }
}

class Handle {
  place = 0;
  constructor(file, append) {
    this.file = file;
    this.append = append;
  }
}

/** As the system's own: nobody asks for its stack. */
function fault(code, call, path) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${call} '${path}'`);
  Error.stackTraceLimit = stackTraceLimit;
  error.code = code;
  error.syscall = call;
  return error;
}

const byPath = new Map();
const folders = new Set();
const byFd = new Map();
let nextFd = FIRST_FD;

/** Bytes that still fit on the disk; infinite while nothing is wrong with it. */
let room = Number.POSITIVE_INFINITY;
let tight = false;

const isOurs = (path) => outer?.world() !== undefined && typeof path === 'string' && `${path}/`.startsWith(ROOT);
const isFd = (fd) => typeof fd === 'number' && fd >= FIRST_FD;
const isProc = (path) => outer?.world() !== undefined && typeof path === 'string' && path.startsWith(PROC);

function need(path, call) {
  const file = byPath.get(path);
  if (file === undefined) throw fault('ENOENT', call, path);
  return file;
}

function handleOf(fd, call) {
  const handle = byFd.get(fd);
  if (handle === undefined) throw fault('EBADF', call, String(fd));
  return handle;
}

function open(path, flags = 'r') {
  let file = byPath.get(path);
  if (String(flags).includes('x') && file !== undefined) throw fault('EEXIST', 'open', path);
  if (file === undefined && String(flags).startsWith('r')) throw fault('ENOENT', 'open', path);
  if (file === undefined) {
    if (room <= 0) throw fault('ENOSPC', 'open', path);
    file = new SimFile();
    byPath.set(path, file);
  } else if (String(flags).startsWith('w')) file.truncate(0);
  const fd = nextFd;
  nextFd += 1;
  byFd.set(fd, new Handle(file, String(flags).startsWith('a')));
  return fd;
}

function write(fd, data, offset = 0, length = data.length - offset, place = null) {
  const handle = handleOf(fd, 'write');
  const { file } = handle;
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const count = typeof data === 'string' ? bytes.length : length;
  const at = handle.append ? file.size : (place ?? handle.place);
  const grows = Math.max(0, at + count - file.size);
  const taken = grows > room ? Math.max(0, count - (grows - room)) : count;
  if (taken === 0 && count > 0) throw fault('ENOSPC', 'write', String(fd));
  room -= Math.max(0, at + taken - file.size);
  file.reserve(at + taken);
  file.bytes.set(bytes.subarray(offset, offset + taken), at);
  file.size = Math.max(file.size, at + taken);
  file.mtimeMs = outer.world().time;
  if (place === null) handle.place = at + taken;
  return taken;
}

function read(fd, buffer, offset = 0, length = buffer.length - offset, place = null) {
  const handle = handleOf(fd, 'read');
  const at = place ?? handle.place;
  const count = Math.max(0, Math.min(length, handle.file.size - at));
  buffer.set(handle.file.bytes.subarray(at, at + count), offset);
  if (place === null) handle.place = at + count;
  return count;
}

function statsOf(path) {
  const file = byPath.get(path);
  if (file === undefined && !folders.has(path)) throw fault('ENOENT', 'stat', path);
  return statsFor(file);
}

function statsFor(file) {
  return {
    size: file?.size ?? 0,
    mtimeMs: file?.mtimeMs ?? 0,
    ctimeMs: file?.mtimeMs ?? 0,
    ino: 1,
    dev: 1,
    uid: process.getuid?.() ?? 0,
    mode: file === undefined ? 0o40700 : 0o100600,
    nlink: 1,
    isFile: () => file !== undefined,
    isDirectory: () => file === undefined,
    isSocket: () => false,
    isSymbolicLink: () => false,
  };
}

function list(path, options) {
  const prefix = `${path}/`;
  const names = [...byPath.keys(), ...folders]
    .filter((each) => each.startsWith(prefix))
    .map((each) => each.slice(prefix.length).split('/')[0]);
  const unique = [...new Set(names)];
  if (unique.length === 0 && !folders.has(path)) throw fault('ENOENT', 'scandir', path);
  if (options?.withFileTypes !== true) return unique;
  return unique.map((name) => ({ name, ...statsFor(byPath.get(prefix + name)) }));
}

function proc(path) {
  const { world, here } = outer;
  if (path === '/proc/sys/kernel/random/boot_id') return 'simulated-boot\n';
  if (!path.endsWith(STAT)) throw fault('ENOENT', 'open', path);
  const pid = path.slice(PROC.length, -STAT.length);
  const found = pid === 'self' ? here() : world().living(Number(pid));
  if (found === undefined) throw fault('ENOENT', 'open', path);
  return `${found.pid} (simulated) R ${STAT_ZEROS}${found.pid} 0 0`;
}

const sync = {
  openSync: (path, flags) => open(path, flags),
  closeSync: (fd) => void byFd.delete(fd),
  writeSync: (fd, data, offset, length, place) => write(fd, data, offset ?? undefined, length ?? undefined, place ?? null),
  readSync: (fd, buffer, offset, length, place) => read(fd, buffer, offset ?? undefined, length ?? undefined, place ?? null),
  fstatSync: (fd) => statsFor(handleOf(fd, 'fstat').file),
  ftruncateSync: (fd, size = 0) => handleOf(fd, 'ftruncate').file.truncate(size),
  fsyncSync: (fd) => void handleOf(fd, 'fsync'),
  fdatasyncSync: (fd) => void handleOf(fd, 'fdatasync'),
  fchmodSync: () => undefined,
  chmodSync: () => undefined,
  mkdirSync: (path) => void folders.add(path),
  accessSync: (path) => void statsOf(path),
  existsSync: (path) => byPath.has(path) || folders.has(path),
  statSync: (path, options) => {
    if (options?.throwIfNoEntry === false && !byPath.has(path) && !folders.has(path)) return undefined;
    return statsOf(path);
  },
  readdirSync: (path, options) => list(path, options),
  unlinkSync: (path) => {
    need(path, 'unlink');
    byPath.delete(path);
  },
  rmSync: (path, options) => {
    if (options?.force !== true) need(path, 'rm');
    byPath.delete(path);
  },
  renameSync: (from, to) => {
    const file = need(from, 'rename');
    byPath.delete(from);
    byPath.set(to, file);
  },
  readFileSync: (path, options) => {
    const file = need(path, 'open');
    const bytes = Buffer.from(file.bytes.subarray(0, file.size));
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return encoding ? bytes.toString(encoding) : bytes;
  },
  writeFileSync: (path, data) => {
    const fd = open(path, 'w');
    write(fd, typeof data === 'string' ? Buffer.from(data) : data);
    byFd.delete(fd);
  },
};
sync.lstatSync = sync.statSync;

/** A file handle of node:fs/promises. */
function promised(fd) {
  return {
    fd,
    read: async (buffer, offset, length, place) => ({
      bytesRead: read(fd, buffer, offset ?? 0, length ?? buffer.length, place ?? null),
      buffer,
    }),
    write: async (data, offset, length, place) => ({ bytesWritten: write(fd, data, offset ?? 0, length ?? data.length, place ?? null) }),
    stat: async () => statsFor(handleOf(fd, 'fstat').file),
    sync: async () => undefined,
    datasync: async () => undefined,
    truncate: async (size) => handleOf(fd, 'ftruncate').file.truncate(size),
    close: async () => void byFd.delete(fd),
  };
}

const promises = {
  open: async (path, flags) => promised(open(path, flags)),
  readdir: async (path, options) => list(path, options),
  stat: async (path) => statsOf(path),
  lstat: async (path) => statsOf(path),
  realpath: async (path) => path,
  access: async (path) => void statsOf(path),
  mkdir: async (path) => void folders.add(path),
  chmod: async () => undefined,
  rm: async (path, options) => sync.rmSync(path, options),
  unlink: async (path) => sync.unlinkSync(path),
  rename: async (from, to) => sync.renameSync(from, to),
  readFile: async (path, options) => sync.readFileSync(path, options),
  writeFile: async (path, data) => sync.writeFileSync(path, data),
};

function replaceSync(name, ours) {
  const theirs = fs[name];
  fs[name] = (target, ...rest) => {
    if (isOurs(target) || isFd(target)) return ours(target, ...rest);
    if (name === 'readFileSync' && isProc(target)) return proc(target);
    // What a simulated process says on its terminal is heard by nobody.
    if (name === 'writeSync' && outer?.world() !== undefined) return target <= 2 ? (rest[0]?.length ?? 0) : theirs(target, ...rest);
    return theirs(target, ...rest);
  };
}

function replacePromised(name, ours) {
  const theirs = fsp[name];
  // Nothing of the real disk is seen from within: waiting for it would not be in virtual time.
  fsp[name] = (target, ...rest) => (outer?.world() === undefined ? theirs(target, ...rest) : ours(target, ...rest));
}

/** The simulated disk. */
export const files = {
  install(around) {
    outer = around;
    for (const [name, ours] of Object.entries(sync)) replaceSync(name, ours);
    for (const [name, ours] of Object.entries(promises)) replacePromised(name, ours);
    const theirs = os.tmpdir;
    os.tmpdir = () => (around.world() === undefined ? theirs() : TEMPORARY);
  },
  reset() {
    byPath.clear();
    folders.clear();
    byFd.clear();
    nextFd = FIRST_FD;
    room = Number.POSITIVE_INFINITY;
    tight = false;
  },
  /** So many bytes more, then ENOSPC. */
  limit(bytes) {
    room = bytes;
    tight = true;
  },
  /** Whether it ever was. */
  wasFull: () => tight,
  isFull: () => room !== Number.POSITIVE_INFINITY,
  /** Files below a folder. */
  below: (path) => [...byPath.keys()].filter((each) => each.startsWith(`${path}/`)),
  put(path, data) {
    sync.writeFileSync(path, data);
  },
  get: (path) => sync.readFileSync(path),
  remove: (path) => byPath.delete(path),
};
