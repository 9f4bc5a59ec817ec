"""How the dashboard's files are served."""

import gzip
import http.client
import re


def fetch(house, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def assets(house):
    _, _, page = fetch(house, "/")
    return re.findall(r'(?:src|href)="(/[^"]+)"', page.decode())


def test_the_first_load_is_small_and_compressed(house):
    total = 0
    for path in ["/", *assets(house)]:
        status, headers, body = fetch(house, path, Accept_Encoding="gzip")
        assert status == 200 and headers["content-encoding"] == "gzip", path
        assert gzip.decompress(body) == fetch(house, path)[2]
        total += len(body)
    assert total < 200 * 1024


def test_browsers_keep_what_never_changes_and_ask_for_the_page_anew(house):
    for path in [path for path in assets(house) if path.startswith("/assets/")]:
        assert "immutable" in fetch(house, path)[1]["cache-control"]
    _, headers, _ = fetch(house, "/databases/shop/settings")
    assert headers["cache-control"] == "no-cache"
    status, _, body = fetch(house, "/", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


def test_the_policy_lets_only_our_own_files_run(house):
    _, headers, _ = fetch(house, "/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy


def test_nothing_is_fetched_from_elsewhere(ada, house):
    ada.sees("Databases")
    fetched = ada.driver.execute_script("return performance.getEntries().map((e) => e.name).filter((n) => n.includes('://'))")
    assert fetched and all(name.startswith(house.url) for name in fetched), fetched


def test_what_is_no_page_is_an_error_for_programs(house):
    status, headers, _ = fetch(house, "/api/v1/nothing")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
