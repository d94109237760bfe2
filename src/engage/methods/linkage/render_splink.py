"""Our model as settings of Splink 5, for DuckDB and for Spark."""

import re
from typing import Any, Literal

from .levels import COMPARISONS
from .model import Model

# Columns of the standard record that levels look at, with their DuckDB types.
COLUMNS: dict[str, str] = {
    "given": "VARCHAR",
    "given_text": "VARCHAR",
    "given_forms": "VARCHAR[]",
    "middle_forms": "VARCHAR[]",
    "given_metaphone": "VARCHAR",
    "surname": "VARCHAR",
    "surname_forms": "VARCHAR[]",
    "surname_metaphone": "VARCHAR",
    "dob": "VARCHAR",
    "dob_canon": "VARCHAR",
    "birth_from": "VARCHAR",
    "birth_to": "VARCHAR",
    "sex": "VARCHAR",
    "postcodes": "VARCHAR[]",
    "outward": "VARCHAR[]",
    "area": "VARCHAR",
    "nhs_number": "VARCHAR",
    "nhs_valid": "BOOLEAN",
    "upn": "VARCHAR",
    "upn_valid": "BOOLEAN",
    "council_child": "VARCHAR",
    "council": "VARCHAR",
    "phone": "VARCHAR",
    "case_references": "VARCHAR[]",
    "named_place": "VARCHAR",
    "occupation": "VARCHAR",
}

Engine = Literal["duckdb", "spark"]
# What Spark calls otherwise. How alike two words are it asks of the scorer's own functions (see `on_spark`): those of
# Splink's Java library are others, and a pair at the very border would be weighed otherwise.
IN_SPARK = {
    "list_has_any": "arrays_overlap",
    "list_contains": "array_contains",
    "len": "size",
    "jaro_winkler_similarity": "engage_jaro_winkler",
    "damerau_levenshtein": "engage_damerau_levenshtein",
}

# Even odds before anything is compared: Splink's match weight is then the evidence alone, as ours is.
WEIGHT_WITHOUT_PRIOR = 0.5


def column_name(field: str) -> str:
    return field.lower().replace(" ", "_")


def condition(sql: str, engine: Engine = "duckdb") -> str:
    """A level's condition in the engine's words and Splink's way of naming the two sides: given_l, given_r."""
    if engine == "spark":
        sql = re.sub(r"\b(\w+)(?=\()", lambda call: IN_SPARK.get(call[1], call[1]), sql)
    return re.sub(r"\{([lr])\}\.(\w+)", r"\2_\1", sql)


def splink_settings(model: Model, engine: Engine = "duckdb") -> dict[str, Any]:
    """Candidate pairs come from our own blocking keys, so no blocking rule is rendered: see `batch`."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row_number",
        "probability_two_random_records_match": WEIGHT_WITHOUT_PRIOR,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_comparison(field, model, engine) for field in model.comparisons],
        # Only with these does Splink give the level of each comparison.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(field: str, model: Model, engine: Engine) -> dict[str, Any]:
    functions = iter(COMPARISONS[field].items())
    not_comparable, function = next(functions)
    weights = {level.name: level for level in model.comparisons[field]}
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": condition(function.sql, engine),
            "label_for_charts": not_comparable,
            "is_null_level": True,
        }
    ]
    for name, function in functions:
        levels.append(
            {
                "sql_condition": "ELSE" if function.sql == "TRUE" else condition(function.sql, engine),
                "label_for_charts": name,
                "m_probability": weights[name].m,
                "u_probability": weights[name].u,
            }
        )
    return {"output_column_name": column_name(field), "comparison_levels": levels}


def level_of_gamma(field: str, gamma: int) -> str | None:
    """Splink counts levels from the bottom; -1 says that the field cannot be compared."""
    names = list(COMPARISONS[field])[1:]
    return None if gamma < 0 else names[len(names) - 1 - gamma]
