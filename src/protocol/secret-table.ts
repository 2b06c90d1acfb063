// The words and shapes that make a secret: conformance/secrets.json as TypeScript has it, and nothing else.
// Kept equal by a test; that file is the one to change, and says how each part is read.

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

export const MASK = '‹masked›';
export const WORDS = '[A-Z]+(?![a-z])|[A-Z]?[a-z]+';

export const ALWAYS = words(
  'password passwords passwd passphrase passcode secret secrets credential credentials creds apikey ' +
    'apikeys accesskey secretkey privatekey authtoken accesstoken refreshtoken authorization bearer jwt',
);
export const HARMLESS_LAST = words(
  'file files path paths dir folder name names length len size count num type types kind format policy ' +
    'field fields column columns env limit url uri host port algorithm alg rounds expiry ttl timeout ' +
    'interval strategy required enabled prompt min max',
);
export const LAST = words('key token pwd');
export const PLURAL = words('keys tokens');
export const BEFORE_PLURAL = words('api access secret private auth signing encryption ssh');
export const ORDINARY_BEFORE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'key',
    words(
      'answer audio batch best cache caption column config content data dataset dict epoch feature features ' +
        'field foreign frame group grouping hash id idempotency image images index input inputs item jax join ' +
        'k label labels lookup loss map max message messages metric metrics min model monitor n no num on ' +
        'order output outputs param partition per primary prng prompt q query question random response reward ' +
        'rng routing row score seed shard sort state step target targets text time unique value video',
    ),
  ],
  [
    'token',
    words(
      'additional audio blank boi bos by class cls control decoder delimiter distillation dummy each encoder ' +
        'end eod eoi eom eos eot fim first image lang language last latent mask max middle min mm modality n ' +
        'new newline next num oov pad per placeholder prefix register sep separator sos source space special ' +
        'src start stop sub suffix target text tgt think thinking trigger unk video vision word',
    ),
  ],
  ['pwd', words('old')],
]);
export const ALONE: ReadonlyMap<string, string> = new Map([
  ['token', ''],
  ['pwd', '(?!)'],
  ['key', '^(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=.:~-]{16,}$'],
]);
export const PLAIN =
  '^(?:|[-+]?(?:nan|inf|NaN|Infinity)|[Tt]rue|[Ff]alse|TRUE|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|[Nn]one|[Nn]ull|null|undefined|auto|<.*>|\\[.*\\]|\\$\\{?[A-Za-z_][A-Za-z0-9_]*\\}?|\\*+|[Bb]earer|[Bb]asic|.*‹masked›.*)$';
export const NUMERIC = '^[-+]?[0-9][0-9_.,]*(?:[eE][-+]?[0-9]+)?$';
export const ASSIGNMENT =
  '((?<![A-Za-z0-9_.-])(?:--?)?["\']?([A-Za-z][A-Za-z0-9_.-]{0,63})["\']?[ \\t]{0,8}[=:][ \\t]{0,8})("[^"\\n]{1,4096}"|\'[^\'\\n]{1,4096}\'|(?:(?:[Bb]earer|[Bb]asic) )?[^ \\t\\r\\n"\',;&}\\]]{1,4096})';
export const SHORT: ReadonlyMap<string, string> = new Map([
  [
    'p',
    '^(?=[^\\s/\\\\.,;:=]{6,64}$)(?!(?:[A-Z]?[a-z]+|[A-Z]+)?(?:[0-9]+[a-z]*)?(?:[-_](?:[A-Z]?[a-z]+|[A-Z]+)?(?:[0-9]+[a-z]*)?)*$)(?=[^A-Za-z]*[A-Za-z])(?=.*[0-9!@#$%^&*?~+])',
  ],
]);
export const FLAG =
  '((?<![^ \\t\\r\\n"\'])--?([A-Za-z][A-Za-z0-9_.-]{0,63})[ \\t]{1,8})("[^"\\n]{1,4096}"|\'[^\'\\n]{1,4096}\'|[^ \\t\\r\\n"\'-][^ \\t\\r\\n"\']{0,4096})';
/** Names and patterns, in order: what is kept is group 1, and group 2 if there is one. */
export const SHAPES: readonly (readonly [string, string])[] = [
  [
    'private-key',
    '(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[\\s\\S]+?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?![\\s\\S]))',
  ],
  ['url-user-http', '([hH][tT][tT][pP][sS]?://)[^\\s/?#"\'<>]{1,1024}(@)'],
  ['url-password', '(://[^\\s/?#@:"\'<>]{0,256}:)[^\\s/?#"\'<>]{1,1024}(@)'],
  ['signed-url', '([?&](?:X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature|Signature|sig)=)[^&\\s"\'<>]{8,}'],
  ['authorization', '((?:[Bb]earer|[Bb]asic|BEARER|BASIC)[ \\t]{1,4})(?=[^\\s]{0,4096}[0-9=])[A-Za-z0-9._~+/=-]{16,}'],
  ['openai', '(?<![A-Za-z0-9])(sk-)(?=[A-Za-z0-9_-]{0,512}[0-9])(?=[A-Za-z0-9_-]{0,512}[A-Za-z0-9]{12})[A-Za-z0-9_-]{16,}'],
  ['stripe', '(?<![A-Za-z0-9])((?:sk|rk|pk|whsec)_(?:live_|test_)?)(?=[A-Za-z0-9]{0,512}[0-9])[A-Za-z0-9]{16,}'],
  ['github', '(?<![A-Za-z0-9])(gh[pousr]_)[A-Za-z0-9]{16,}'],
  ['github-fine', '(?<![A-Za-z0-9])(github_pat_)[A-Za-z0-9_]{16,}'],
  ['gitlab', '(?<![A-Za-z0-9])(gl(?:pat|oas|ptt|rt|dt|ft|soat|cbt|imt|agent)-)[A-Za-z0-9_-]{16,}'],
  ['aws', '(?<![A-Za-z0-9])((?:AKIA|ASIA|ABIA|ACCA))[A-Z0-9]{16}(?![A-Za-z0-9])'],
  ['slack', '(?<![A-Za-z0-9])(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,}'],
  ['hugging-face', '(?<![A-Za-z0-9])(hf_|api_org_)[A-Za-z0-9]{16,}'],
  ['google', '(?<![A-Za-z0-9])(AIza)[A-Za-z0-9_-]{30,}'],
  ['google-oauth', '(?<![A-Za-z0-9])(ya29\\.|GOCSPX-)[A-Za-z0-9_-]{16,}'],
  ['jwt', '(?<![A-Za-z0-9])(eyJ)[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}(?:\\.[A-Za-z0-9_-]*)?'],
  ['npm', '(?<![A-Za-z0-9])(npm_)[A-Za-z0-9]{20,}'],
  ['pypi', '(?<![A-Za-z0-9])(pypi-)[A-Za-z0-9_-]{40,}'],
  ['xtrack', '(?<![A-Za-z0-9])(xtk_)[A-Za-z0-9_-]{8,}'],
  [
    'others',
    '(?<![A-Za-z0-9])(nvapi-|gsk_|r8_|pplx-|xai-|fw_|tvly-|lin_api_|dckr_pat_|dop_v1_|shpat_|sq0csp-|SG\\.|hvs\\.|dapi|AGE-SECRET-KEY-)(?=[A-Za-z0-9_.-]{0,512}[0-9])(?=[A-Za-z0-9_.-]{0,512}[A-Za-z0-9]{16})[A-Za-z0-9_.-]{24,}',
  ],
];
