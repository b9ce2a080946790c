"""Vietnam's local codes: the province that issued a plate, and the province that holds the area since 2025-07-01.

Source: Circular 24/2023/TT-BCA appendix 2 and Circular 51/2025/TT-BCA appendix 2. A code tells where a plate was
issued, not where its owner lives. Pure data; any thread.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Province:
    """Where a local code was issued: `then` (before 2025-07-01) and `now`."""

    code: str
    then: str
    now: str


_TABLE = """
11 Cao Bằng|12 Lạng Sơn|14 Quảng Ninh|15,16 Hải Phòng
17 Thái Bình→Hưng Yên|18 Nam Định→Ninh Bình|19 Phú Thọ|20 Thái Nguyên
21 Yên Bái→Lào Cai|22 Tuyên Quang|23 Hà Giang→Tuyên Quang|24 Lào Cai
25 Lai Châu|26 Sơn La|27 Điện Biên|28 Hòa Bình→Phú Thọ
29,30,31,32,33,40 Hà Nội|34 Hải Dương→Hải Phòng|35 Ninh Bình|36 Thanh Hóa
37 Nghệ An|38 Hà Tĩnh|39,60 Đồng Nai|41,50,51,52,53,54,55,56,57,58,59 TP.HCM
43 Đà Nẵng|47 Đắk Lắk|48 Đắk Nông→Lâm Đồng|49 Lâm Đồng
61 Bình Dương→TP.HCM|62 Long An→Tây Ninh|63 Tiền Giang→Đồng Tháp|64 Vĩnh Long
65 Cần Thơ|66 Đồng Tháp|67 An Giang|68 Kiên Giang→An Giang
69 Cà Mau|70 Tây Ninh|71 Bến Tre→Vĩnh Long|72 Bà Rịa-Vũng Tàu→TP.HCM
73 Quảng Bình→Quảng Trị|74 Quảng Trị|75 Huế|76 Quảng Ngãi
77 Bình Định→Gia Lai|78 Phú Yên→Đắk Lắk|79 Khánh Hòa|80 Cục CSGT
81 Gia Lai|82 Kon Tum→Quảng Ngãi|83 Sóc Trăng→Cần Thơ|84 Trà Vinh→Vĩnh Long
85 Ninh Thuận→Khánh Hòa|86 Bình Thuận→Lâm Đồng|88 Vĩnh Phúc→Phú Thọ|89 Hưng Yên
90 Hà Nam→Ninh Bình|92 Quảng Nam→Đà Nẵng|93 Bình Phước→Đồng Nai|94 Bạc Liêu→Cà Mau
95 Hậu Giang→Cần Thơ|97 Bắc Kạn→Thái Nguyên|98 Bắc Giang→Bắc Ninh|99 Bắc Ninh
"""


def _rows() -> dict[str, Province]:
    found: dict[str, Province] = {}
    for row in _TABLE.strip().replace("\n", "|").split("|"):
        codes, names = row.split(" ", 1)
        then, _, now = names.partition("→")
        found |= {code: Province(code, then, now or then) for code in codes.split(",")}
    return found


PROVINCES = _rows()
