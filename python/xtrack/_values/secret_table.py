"""The words and shapes that make a secret: conformance/secrets.json as Python has it, and nothing else.

Kept equal by a test; that file is the one to change, and says how each part is read.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Tuple

MASK = "‹masked›"

WORDS = "[A-Z]+(?![a-z])|[A-Z]?[a-z]+"

ALWAYS = frozenset(
    (
        "password passwords passwd passphrase passcode secret secrets credential credentials creds apikey apikeys "
        "accesskey secretkey privatekey authtoken accesstoken refreshtoken authorization bearer jwt"
    ).split()
)
HARMLESS_LAST = frozenset(
    (
        "file files path paths dir folder name names length len size count num type types kind format policy field "
        "fields column columns env limit url uri host port algorithm alg rounds expiry ttl timeout interval strategy "
        "required enabled prompt min max"
    ).split()
)
LAST = frozenset("key token pwd".split())
PLURAL = frozenset("keys tokens".split())
BEFORE_PLURAL = frozenset("api access secret private auth signing encryption ssh".split())
_BEFORE_KEY = frozenset(
    (
        "answer audio batch best cache caption column config content data dataset dict epoch feature features field "
        "foreign frame group grouping hash id idempotency image images index input inputs item jax join k label "
        "labels lookup loss map max message messages metric metrics min model monitor n no num on order output "
        "outputs param partition per primary prng prompt q query question random response reward rng routing row "
        "score seed shard sort state step target targets text time unique value video"
    ).split()
)
_BEFORE_TOKEN = frozenset(
    (
        "additional audio blank boi bos by class cls control decoder delimiter distillation dummy each encoder end "
        "eod eoi eom eos eot fim first image lang language last latent mask max middle min mm modality n new newline "
        "next num oov pad per placeholder prefix register sep separator sos source space special src start stop sub "
        "suffix target text tgt think thinking trigger unk video vision word"
    ).split()
)
_BEFORE_PWD = frozenset("old".split())
ORDINARY_BEFORE: Dict[str, FrozenSet[str]] = {"key": _BEFORE_KEY, "token": _BEFORE_TOKEN, "pwd": _BEFORE_PWD}
ALONE: Dict[str, str] = {
    "token": "",
    "pwd": "(?!)",
    "key": "^(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=.:~-]{16,}$",
}

PLAIN = (
    "^(?:|[-+]?(?:nan|inf|NaN|Infinity)|[Tt]rue|[Ff]alse|TRUE|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|[Nn]one|[Nn"
    r"]ull|null|undefined|auto|<.*>|\[.*\]|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|\*+|[Bb]earer|[Bb]asic|.*‹masked"
    "›.*)$"
)
NUMERIC = "^[-+]?[0-9][0-9_.,]*(?:[eE][-+]?[0-9]+)?$"
ASSIGNMENT = (
    '((?<![A-Za-z0-9_.-])(?:--?)?["\']?([A-Za-z][A-Za-z0-9_.-]{0,63})["\']?[ \\t]{0,8}[=:][ \\t]{0,8})("[^"\\n'
    ']{1,4096}"|\'[^\'\\n]{1,4096}\'|(?:(?:[Bb]earer|[Bb]asic) )?[^ \\t\\r\\n"\',;&}\\]]{1,4096})'
)
SHORT = {
    "p": (
        r"^(?=[^\s/\\.,;:=]{6,64}$)(?!(?:[A-Z]?[a-z]+|[A-Z]+)?(?:[0-9]+[a-z]*)?("
        r"?:[-_](?:[A-Z]?[a-z]+|[A-Z]+)?(?:[0-9]+[a-z]*)?)*$)(?=[^A-Za-z]*[A-Za-z])(?=.*[0-9!@#$%^&*?~+])"
    ),
}
FLAG = (
    '((?<![^ \\t\\r\\n"\'])--?([A-Za-z][A-Za-z0-9_.-]{0,63})[ \\t]{1,8})("[^"\\n]{1,4096}"|\'[^\'\\n]{1,4096}\'|[^ '
    '\\t\\r\\n"\'-][^ \\t\\r\\n"\']{0,4096})'
)

# What is kept of a match: its groups, around the mask.
SHAPES: List[Tuple[str, str]] = [
    (
        "private-key",
        r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[\s\S]+?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY("
        r"?: BLOCK)?-----|(?![\s\S]))",
    ),
    ("url-user-http", '([hH][tT][tT][pP][sS]?://)[^\\s/?#"\'<>]{1,1024}(@)'),
    ("url-password", '(://[^\\s/?#@:"\'<>]{0,256}:)[^\\s/?#"\'<>]{1,1024}(@)'),
    (
        "signed-url",
        '([?&](?:X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature|Signature|sig)=)[^&\\s"\'<>]{8,}',
    ),
    (
        "authorization",
        r"((?:[Bb]earer|[Bb]asic|BEARER|BASIC)[ \t]{1,4})(?=[^\s]{0,4096}[0-9=])[A-Za-z0-9._~+/=-]{16,}",
    ),
    (
        "openai",
        "(?<![A-Za-z0-9])(sk-)(?=[A-Za-z0-9_-]{0,512}[0-9])(?=[A-Za-z0-9_-]{0,512}[A-Za-z0-9]{12})[A-Za-z0-9_"
        "-]{16,}",
    ),
    (
        "stripe",
        "(?<![A-Za-z0-9])((?:sk|rk|pk|whsec)_(?:live_|test_)?)(?=[A-Za-z0-9]{0,512}[0-9])[A-Za-z0-9]{16,}",
    ),
    ("github", "(?<![A-Za-z0-9])(gh[pousr]_)[A-Za-z0-9]{16,}"),
    ("github-fine", "(?<![A-Za-z0-9])(github_pat_)[A-Za-z0-9_]{16,}"),
    ("gitlab", "(?<![A-Za-z0-9])(gl(?:pat|oas|ptt|rt|dt|ft|soat|cbt|imt|agent)-)[A-Za-z0-9_-]{16,}"),
    ("aws", "(?<![A-Za-z0-9])((?:AKIA|ASIA|ABIA|ACCA))[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("slack", "(?<![A-Za-z0-9])(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,}"),
    ("hugging-face", "(?<![A-Za-z0-9])(hf_|api_org_)[A-Za-z0-9]{16,}"),
    ("google", "(?<![A-Za-z0-9])(AIza)[A-Za-z0-9_-]{30,}"),
    ("google-oauth", r"(?<![A-Za-z0-9])(ya29\.|GOCSPX-)[A-Za-z0-9_-]{16,}"),
    ("jwt", r"(?<![A-Za-z0-9])(eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"),
    ("npm", "(?<![A-Za-z0-9])(npm_)[A-Za-z0-9]{20,}"),
    ("pypi", "(?<![A-Za-z0-9])(pypi-)[A-Za-z0-9_-]{40,}"),
    ("xtrack", "(?<![A-Za-z0-9])(xtk_)[A-Za-z0-9_-]{8,}"),
    (
        "others",
        r"(?<![A-Za-z0-9])(nvapi-|gsk_|r8_|pplx-|xai-|fw_|tvly-|lin_api_|dckr_pat_|dop_v1_|shpat_|sq0csp-|SG\."
        r"|hvs\.|dapi|AGE-SECRET-KEY-)(?=[A-Za-z0-9_.-]{0,512}[0-9])(?=[A-Za-z0-9_.-]{0,512}[A-Za-z0-9]{16})[A"
        "-Za-z0-9_.-]{24,}",
    ),
]
