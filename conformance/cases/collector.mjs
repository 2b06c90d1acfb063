import { envelope, event, frame, message, refused, same, summed } from './bytes.mjs';

export const description = 'What a collector sends to an emitter: welcome, ack, command.';
export const direction = 'collector';

const session = { seq: 0, ts: 0 };
const welcome = {
  v: 1,
  server: 'xtrack/0.1.0',
  caps: ['ack', 'command'],
  resume_from: 4098,
  window: { bytes: 4194304, events: 20000 },
  limits: { max_frame: 1048576 },
};

const socket = (cases) => cases.map((one) => ({ ...one, mode: 'socket' }));

export const cases = socket([
  same('welcome', 'the answer to hello', 'welcome', welcome, session),
  same('welcome-run', 'with the run that the collector chose', 'welcome', { ...welcome, run_id: 'r1' }, session),
  {
    id: 'welcome-defaults',
    description: 'without what is optional, and with what is not known',
    chunks: [
      event('welcome', { v: 1, server: 's', resume_from: 1, window: { bytes: 1, events: 1 }, motd: 'hi', limits: { depth: 64 } }, session),
    ],
    expect: [
      message(
        'welcome',
        { v: 1, server: 's', caps: [], resume_from: 1, window: { bytes: 1, events: 1 }, limits: { max_frame: 1048576 } },
        session,
      ),
    ],
  },
  {
    id: 'welcome-no-window',
    description: 'the window is required',
    chunks: [event('welcome', { v: 1, server: 's', resume_from: 1 }, session)],
    expect: [refused('XT_FIELD_REQUIRED', 'p.window', 0)],
  },
  same('ack', 'durable up to here', 'ack', { seq: 5120, status: 'ok', run_id: 'r1', wid: '0', inc: 'm4x1c9-7f3a91c2' }, session),
  same('ack-legacy', 'without worker and incarnation', 'ack', { seq: 1, status: 'ok', run_id: 'r1' }, session),
  same('ack-error', 'one event refused', 'ack', { seq: 7, status: 'error', error: 'XT_FIELD_TYPE: …', run_id: 'r1', inc: 'a' }, session),
  same('ack-resend', 'asks for a gap', 'ack', { seq: 5, status: 'ok', run_id: 'r1', inc: 'a', resend: { from: 6, to: 9 } }, session),
  same('command', 'a command', 'command', { cmd_id: 'c1', type: 'update_params', payload: { lr: 0.1 } }, session),
  same(
    'command-full',
    'with who gave it, and how long it holds',
    'command',
    { cmd_id: 'c1', type: 'adjust_lr', payload: { lr: 0.1 }, by: 'ada', expires_ms: 60000 },
    session,
  ),
  {
    id: 'welcome-checksum',
    description: 'to an emitter that named `crc`, with a checksum',
    chunks: [frame(summed(JSON.stringify(envelope('welcome', { ...welcome, caps: ['ack', 'crc'] }, session))))],
    expect: [message('welcome', { ...welcome, caps: ['ack', 'crc'] }, session)],
  },
  {
    id: 'ack-checksum',
    description: 'an ack with a checksum',
    chunks: [frame(summed(JSON.stringify(envelope('ack', { seq: 7, status: 'ok', run_id: 'r1', inc: 'a' }, session))))],
    expect: [message('ack', { seq: 7, status: 'ok', run_id: 'r1', inc: 'a' }, session)],
  },
  {
    id: 'command-no-payload',
    description: 'an absent payload is an empty one',
    chunks: [event('command', { cmd_id: 'c1', type: 'stop' }, session)],
    expect: [message('command', { cmd_id: 'c1', type: 'stop', payload: {} }, session)],
  },
  {
    id: 'command-unknown',
    description: 'an unknown command is refused',
    chunks: [event('command', { cmd_id: 'c1', type: 'explode' }, session)],
    expect: [refused('XT_FIELD_TYPE', 'p.type', 0)],
  },
  {
    id: 'unknown-message',
    description: 'a message of an unknown type is passed over',
    chunks: [event('news', {}, session), event('ack', { seq: 1, status: 'ok', run_id: 'r1' }, session)],
    expect: [message('ack', { seq: 1, status: 'ok', run_id: 'r1' }, session)],
  },
  {
    id: 'collector-version',
    description: 'another version is refused',
    chunks: [frame('{"v":2,"t":"ack","m":{"seq":0,"ts":0},"p":{}}')],
    expect: [refused('XT_VERSION', 'v', 0)],
  },
]);
