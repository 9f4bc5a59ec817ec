"""The same for a database with standbys."""

import pytest
from test_create_survives import works_or_is_gone

KIND = "create-cluster"


@pytest.mark.timeout(300)
def test_create_with_standbys_ends_in_a_working_database_or_in_nothing(house, shelf, case):
    works_or_is_gone(house, shelf, case, "business-512")
