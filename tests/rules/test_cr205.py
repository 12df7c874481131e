from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import SQL, write_solution
from tests.support.checks import found


@pytest.mark.parametrize(
    "connector", [SQL, "Shared_SQL", "shared_azureblob", "shared_uiflow", "shared_sftpwithssh"]
)
def test_connections_with_endpoints_of_their_own_are_a_warning(connector: str, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_a", connector), ("con_b", connector)])
    (item,) = found(tmp_path, "CR205")
    assert item.severity == "warning"
    assert item.data == {
        "connector": connector.lower(),
        "references": ["con_a", "con_b"],
        "keep": "con_a",
    }
    assert found(tmp_path, "CR201") == []
