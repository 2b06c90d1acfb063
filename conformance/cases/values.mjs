import { frame, message, refused, skipped, TS, warning } from './bytes.mjs';

export const description = 'Values that JSON carries badly: non-finite numbers, huge integers, prototype keys, duplicate keys, odd text.';

const text = (t, payload) => frame(`{"v":1,"t":"${t}","m":{"seq":1,"ts":${TS}},"p":{"run_id":"r1",${payload}}}`);
const metric = (value) => text('metric', `"key":"loss","value":${value}`);
const reads = (id, description, bytes, t, p, warnings) => ({
  id,
  description,
  chunks: [bytes],
  expect: [message(t, { run_id: 'r1', ...p }, {}, warnings)],
});
const value = (id, description, sent, understood) => reads(id, description, metric(sent), 'metric', { key: 'loss', value: understood });
const malformed = (id, description, sent) => {
  const bytes = metric(sent);
  return { id, description, chunks: [bytes], expect: [{ kind: 'skipped', code: 'XT_FRAME_JSON', offset: 0, length: bytes.length }] };
};

export const cases = [
  value('nan-string', 'NaN as emitters write it', '"NaN"', 'NaN'),
  value('infinity-string', 'Infinity as emitters write it', '"Infinity"', 'Infinity'),
  value('minus-infinity-string', '-Infinity as emitters write it', '"-Infinity"', '-Infinity'),
  value('nan-token', 'bare NaN of older Python emitters', 'NaN', 'NaN'),
  value('infinity-token', 'bare Infinity', ' Infinity ', 'Infinity'),
  value('minus-infinity-token', 'bare -Infinity', '-Infinity', '-Infinity'),
  reads(
    'nan-tokens-batch',
    'bare tokens among other values',
    text('metric_batch', '"metrics":{"a":NaN,"b":1,"c":-Infinity}'),
    'metric_batch',
    {
      metrics: { a: 'NaN', b: 1, c: '-Infinity' },
    },
  ),
  reads(
    'nan-token-in-param',
    'a bare token in a value that is kept as JSON becomes its string',
    text('param', '"key":"k","value":[NaN,{"x":Infinity}]'),
    'param',
    {
      key: 'k',
      value: ['NaN', { x: 'Infinity' }],
    },
  ),
  reads('nan-in-text', 'tokens inside text are text', text('metric_batch', '"metrics":{"NaN, Infinity":NaN,"\\":NaN":1}'), 'metric_batch', {
    metrics: { 'NaN, Infinity': 'NaN', '":NaN': 1 },
  }),
  reads(
    'nan-step',
    'only metric values may be non-finite',
    text('metric', '"key":"loss","value":1,"step":NaN,"epoch":"Infinity"'),
    'metric',
    { key: 'loss', value: 1 },
    [warning('p.step'), warning('p.epoch')],
  ),
  reads(
    'overflowing-epoch',
    'an epoch that overflows is not finite',
    text('metric', '"key":"loss","value":1,"epoch":1e400'),
    'metric',
    { key: 'loss', value: 1 },
    [warning('p.epoch')],
  ),
  malformed('nan-lower-case', 'other spellings are no JSON', 'nan'),
  malformed('nan-glued', 'a token ends where the value ends', 'NaN1'),
  {
    id: 'nan-as-key',
    description: 'a bare token is no key',
    chunks: [text('metric', '"key":"loss","value":1,NaN:2')],
    expect: [skipped('XT_FRAME_JSON', 0, text('metric', '"key":"loss","value":1,NaN:2').length)],
  },
  malformed('plus-infinity', 'there is no plus', '+Infinity'),
  malformed('leading-zero', 'numbers have no leading zeros', '01'),
  malformed('bare-point', 'a point has digits on both sides', '1.'),
  malformed('hexadecimal', 'no hexadecimal', '0x10'),
  value('overflow', 'a number that overflows a double', '1e400', 'Infinity'),
  value('underflow', 'a number that underflows', '1e-400', 0),
  value('smallest', 'the smallest double', '5e-324', 5e-324),
  value('17-digits', 'seventeen digits', '0.10000000000000001', 0.1),
  value('half-way', 'digits that lie half way between two doubles', '9007199254740993.0', 9007199254740992),
  value('exponent', 'exponents with either sign and case', '-1.5E+3', -1500),
  value('negative-zero', 'negative zero', '-0.0', 0),
  value(
    'huge-integer-string',
    'an integer beyond 2^53 as emitters write it',
    '"123456789012345678901234567890"',
    123456789012345680000000000000,
  ),
  {
    id: 'fraction-string',
    description: 'only integers come as decimal strings',
    chunks: [metric('"1.5"')],
    expect: [refused('XT_FIELD_TYPE', 'p.value')],
  },
  {
    id: 'padded-string',
    description: 'a decimal string is canonical',
    chunks: [metric('"007"')],
    expect: [refused('XT_FIELD_TYPE', 'p.value')],
  },
  reads(
    'huge-step-string',
    'a step beyond 2^53: the nearest double',
    text('metric', '"key":"loss","value":1,"step":"9007199254740993"'),
    'metric',
    {
      key: 'loss',
      value: 1,
      step: '9007199254740992',
    },
  ),
  reads('huge-step-number', 'the same as a number', text('metric', '"key":"loss","value":1,"step":9007199254740993'), 'metric', {
    key: 'loss',
    value: 1,
    step: '9007199254740992',
  }),
  reads('integer-with-point', '5.0 is an integer', text('metric', '"key":"loss","value":1,"step":5.0,"epoch":1e0'), 'metric', {
    key: 'loss',
    value: 1,
    step: 5,
    epoch: 1,
  }),
  reads('negative-step', 'steps may be negative', text('metric', '"key":"loss","value":1,"step":-1'), 'metric', {
    key: 'loss',
    value: 1,
    step: -1,
  }),
  reads('prototype-key', 'prototype keys are data', text('metric', '"key":"__proto__","value":1'), 'metric', {
    key: '__proto__',
    value: 1,
  }),
  {
    id: 'prototype-keys-batch',
    description: 'in maps too',
    chunks: [text('metric_batch', '"metrics":{"__proto__":1,"constructor":2,"prototype":3,"toString":4}')],
    expect: [message('metric_batch', { run_id: 'r1', metrics: { ['__proto__']: 1, constructor: 2, prototype: 3, toString: 4 } })],
  },
  {
    id: 'prototype-keys-tags',
    description: 'and in values kept as JSON',
    chunks: [text('log', '"level":"info","msg":"x","fields":{"__proto__":{"polluted":true}}')],
    expect: [message('log', { run_id: 'r1', level: 'info', msg: 'x', fields: { ['__proto__']: { polluted: true } } })],
  },
  {
    id: 'prototype-field',
    description: 'a field is the frame’s own, never inherited',
    chunks: [text('metric', '"key":"loss","value":1,"__proto__":{"step":5}')],
    expect: [message('metric', { run_id: 'r1', key: 'loss', value: 1 })],
  },
  reads('duplicate-field', 'of duplicate keys the last wins', text('metric', '"key":"a","value":1,"key":"b","value":2'), 'metric', {
    key: 'b',
    value: 2,
  }),
  reads('duplicate-in-map', 'in maps too', text('metric_batch', '"metrics":{"a":1,"b":2,"a":3}'), 'metric_batch', {
    metrics: { a: 3, b: 2 },
  }),
  reads('integer-keys', 'keys that look like numbers', text('metric_batch', '"metrics":{"b":0,"10":1,"2":2,"02":3}'), 'metric_batch', {
    metrics: { b: 0, 10: 1, 2: 2, '02': 3 },
  }),
  reads('escaped-key', 'escapes in keys', text('metric', '"key":"\\u006coss\\/\\"x\\"","value":1'), 'metric', {
    key: 'loss/"x"',
    value: 1,
  }),
  reads(
    'utf8-key',
    'text beyond the basic plane, raw and escaped',
    text('metric_batch', '"metrics":{"🙂é":1,"\\ud83d\\ude42":2}'),
    'metric_batch',
    { metrics: { '🙂é': 1, '🙂': 2 } },
  ),
];
