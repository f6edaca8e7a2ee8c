"""What a signed address names: the same file, whoever signed it until when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.records import Source
from shotlog.signed import unsigned

S3 = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20261123%2Fauto%2Fs3%2Faws4_request"
    "&X-Amz-Date={0}&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=ab{0}"
)
SIGNED = {
    "S3 and R2": S3,
    "S3, as it was": "AWSAccessKeyId=AK&Expires={0}&Signature=x{0}%3D",
    "Google": "X-Goog-Algorithm=GOOG4&X-Goog-Date={0}&X-Goog-Signature=ab{0}",
    "Google, as it was": "GoogleAccessId=a%40b&Expires={0}&Signature=x{0}",
    "Alibaba": "OSSAccessKeyId=LTAI&Expires={0}&Signature=x{0}&security-token=t{0}",
    "Alibaba, version 4": "x-oss-date={0}&x-oss-signature-version=OSS4&x-oss-signature=ab{0}",
    "Azure": "sv=2024-08-04&se=2026-11-2{0}&sr=b&sp=r&sig=x{0}%3D",
    "CloudFront": "Policy=p{0}&Signature=x{0}&Key-Pair-Id=K",
    "Tencent": "q-sign-algorithm=sha1&q-ak=AK&q-sign-time={0}&q-key-time={0}&q-signature=ab{0}",
    "Bunny": "token=x{0}&expires={0}",
    "Qiniu": "e={0}&token=ak:x{0}",
}


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED)
def test_the_signature_has_no_part_in_what_a_video_is_known_by(query: str) -> None:
    address = "https://bucket.example/vids/a%20b.mp4"
    today, tomorrow = (f"{address}?{query.format(day)}" for day in "34")
    assert unsigned(today) == unsigned(tomorrow) == address
    one, other = (Source(each, each, "a b.mp4") for each in (today, tomorrow))
    assert one.id == other.id == Source(address, address, "a b.mp4").id


def test_what_else_a_query_says_stays_in_its_order() -> None:
    signed = f"https://h/a.mp4?versionId=7&{S3.format(1)}&part=2"
    assert unsigned(signed) == "https://h/a.mp4?versionId=7&part=2"


@pytest.mark.parametrize(
    "address",
    [
        "https://h/watch?v=abc&e=5",
        "https://h/a.mp4?e=5",
        "https://h/a.mp4?expires=never",
        "https://h/download?token=abc",
        "https://h/get.php?token=abc",
        "https://h/a.mp4?",
        "https://h/why?.mp4",
        "https://h/a.mp4",
        "file:///a/b.mp4",
    ],
)
def test_what_may_name_the_file_is_left_alone(address: str) -> None:
    assert unsigned(address) == address


@given(st.text())
def test_what_is_unsigned_stays_so(text: str) -> None:
    assert unsigned(unsigned(text)) == unsigned(text)
