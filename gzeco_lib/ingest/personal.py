"""Personal data: which columns hold it, and texts with it masked, before anything is written anywhere.

What is masked follows the sensitive and identifying data of the Personal Information Protection Law (2021), art. 4 and
28, as far as complaint texts and health lists hold them. See docs/decisions/0006-privacy.md.
"""

from __future__ import annotations

import re
import unicodedata

MASK = "***"
_COLUMN_ZH = re.compile(
    "姓名|^名字$|联系人|(?:投诉|举报|来电|报案|反映|申请)人(?!数|次|均)|身份证|证件|社保|医保(?:卡|号|编)|手机|电话|"
    "联系方式|设备(?:号|标识|id)|用户(?:号|标识|id)|病案|病历|住院号|门诊号|就诊(?:号|卡|流水)|患者(?:号|编号|标识|id)|"
    "流水号|车牌|号牌|住址|地址|邮箱|微信|qq|出生|生日|银行卡|护照|籍贯|人脸|指纹"
)
_COLUMN_EN = {
    "name", "surname", "fullname", "firstname", "lastname", "username", "idcard", "ssn", "phone", "mobile", "tel",
    "telephone", "cellphone", "email", "mail", "address", "addr", "plate", "mrn", "passport", "dob", "birthday",
    "birth", "birthdate", "patientid", "patient", "imei", "imsi", "msisdn", "mac", "deviceid", "device", "wechat",
    "nric", "xingming", "shenfenzheng", "dianhua", "shouji",
}  # fmt: skip
# A name of these is not a person's; counts of patients are counts.
_OF_THINGS = {
    "district", "area", "station", "site", "hospital", "cause", "disease", "place", "school", "region", "county",
    "city", "variable", "street", "grid", "cell", "department", "count", "counts", "number", "n", "total", "num",
}  # fmt: skip
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
    "温庄欧冼霍简区植麦伍招关容"
)
_CUE = "我叫|我是|本人|姓名|名叫|联系人|投诉人|举报人|患者"
_TITLES = "先生|女士|小姐|同志|阿姨|叔叔|师傅|大爷|大妈|太太|老师"
_MIDDLE = r"[ \-.·_]?"
_NUMBERS = (
    # identity card, 18 or 15 digits, also in parts
    rf"(?<!\d)\d{{6}}{_MIDDLE}(?:18|19|20)\d\d{_MIDDLE}\d\d{_MIDDLE}\d\d{_MIDDLE}\d{{3}}{_MIDDLE}[\dXx](?!\d)",
    r"(?<!\d)\d{14,19}[Xx]?(?!\d)",
    # mobile and fixed telephones
    rf"(?<!\d)(?:\+?86{_MIDDLE})?1[3-9]\d{_MIDDLE}\d{{4}}{_MIDDLE}\d{{4}}(?!\d)",
    r"(?<!\d)(?:1[3-9](?:[ \-]?\d){9})(?!\d)",
    r"(?<!\d)\(?0\d{2,3}\)?[ \-]?\d{7,8}(?!\d)",
    r"(?:电话|手机|致电|联系|号码|tel|phone|call)(?:号码)?[:： ]{0,3}\+?\d[\d \-]{5,18}\d",
    # digits spelt out
    "[零〇○一二三四五六七八九幺两]{7,}",
    # e-mail, WeChat, QQ
    r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}",
    r"(?:微信|vx|wechat|qq|扣扣)(?:号|群)?[:： ]{0,3}[A-Za-z0-9_\-]{5,20}",
    # number plates
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][ ·•.\-]?"
    r"[A-Za-z0-9]{4,5}[A-Za-z0-9挂学警港澳]",
)
_NUMBER = re.compile("|".join(_NUMBERS), re.IGNORECASE)
_NAMED = (
    (re.compile(rf"[{_SURNAMES}][一-鿿]{{0,2}}(?={_TITLES})"), "某"),
    (re.compile(rf"(?<![这那哪几一两三各有])[^\W\d_位名个的老某，。、](?={_TITLES})"), "某"),
    (re.compile(rf"((?:{_CUE})(?:是|为)?[:： ]{{0,3}})"
                rf"(?:欧阳|司徒|上官|诸葛|[{_SURNAMES}])[一-鿿]{{1,2}}(?![一-鿿]?(?:居民|业主|村民))"), rf"\1{MASK}"),
    (re.compile(r"\b((?:Mr|Mrs|Ms|Miss|Dr)\.? )[A-Z][\w'\-]{1,20}(?: [A-Z][\w'\-]{1,20})?"), rf"\1{MASK}"),
    (re.compile(r"((?i:my name is|name:|i am) )[A-Z][\w'\-]{1,20}(?: [A-Z][\w'\-]{1,20})?"), rf"\1{MASK}"),
)  # fmt: skip
_N = r"[\dA-Za-z一二三四五六七八九十]{1,5}"
_HOUSE = (
    # after a road or village: the number of the house and all that follows it
    (re.compile(rf"(?<=[路街巷道里村园苑坊弄区城庭])[ ]?\d{{1,5}}(?:[-之]\d{{1,4}})?号"
                rf"(?:院|大院)?(?:{_N}(?:栋|幢|座|号楼|单元|梯|楼|层|房|室|户)){{0,4}}"
                r"(?:\d{2,5}(?!\d|点|时|分|年|月|天))?"), ""),
    (re.compile(rf"(?:[\dA-Za-z]{{1,4}}(?:栋|幢|座|号楼|单元|梯)){{1,3}}(?:{_N}[楼层])?"
                r"(?:\d{2,5}(?:房|室|户)?)?"), ""),
    (re.compile(r"(?<![\dA-Za-z])[A-Za-z]?\d{2,5}(?:房|室|号房)"), ""),
    (re.compile(r"\b\d{1,5}[A-Za-z]? (?=(?:[A-Z][A-Za-z']{1,20} ){1,3}"
                r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Blvd|Way)\b)"), ""),
    (re.compile(r"\b(?:[Aa]pt|[Uu]nit|[Ss]uite)\.? ?#?\w{1,6}\b"), ""),
)  # fmt: skip
_HIDDEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
LONGEST = 4_000  # characters of a text that are kept


def personal_column(name: str) -> bool:
    """Whether a column of this name holds data of persons: names, numbers, addresses, records."""
    plain = unicodedata.normalize("NFKC", str(name)).casefold().strip()
    if _COLUMN_ZH.search(re.sub(r"\s", "", plain)):
        return True
    words = [w for w in re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).casefold()) if w]
    joined = "".join(words)
    hit = (
        bool(_COLUMN_EN.intersection(words))
        or joined in _COLUMN_EN
        or joined in ("idnumber", "idno", "recordno")
    )
    return hit and not _OF_THINGS.intersection(words)


def mask(text: str) -> str:
    """``text`` (NFKC) without numbers of persons, e-mail, plates, names by a title or a cue, house numbers."""
    masked = _NUMBER.sub(MASK, _seen(text[:LONGEST]))
    for pattern, stands in (*_NAMED, *_HOUSE):
        masked = pattern.sub(stands, masked)
    return masked


def _seen(text: str) -> str:
    """``text`` in NFKC without marks that nobody sees and that would part a number."""
    return _HIDDEN.sub("", unicodedata.normalize("NFKC", text))


def holds_number(text: str) -> bool:
    """Whether ``text`` holds the number of a person: identity card (check digit right), telephone, plate, e-mail.

    Codes of enterprises (18 digits and letters of GB 32100) are not a person's.
    """
    plain = _seen(text)
    found = (match.group() for match in _NUMBER.finditer(plain))
    return any(not _long(number) or identity(number) for number in found)


def _long(number: str) -> bool:
    digits = re.sub(r"[^\dXx]", "", number)
    return len(digits) >= 14 and digits == number


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(number: str) -> bool:
    """Whether ``number`` is an 18-digit identity number: its check digit fits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    rest = sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False)) % 11
    return "10X98765432"[rest] == number[-1].upper()
