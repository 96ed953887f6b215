"""The API described for programs: an OpenAPI 3.1 document, written by hand and tested against the routes."""

from typing import Any

from leaving.choices import DeliveryKind, DeliveryState
from leaving.forms.deliveries import LENGTHS, MAX_ROWS

_WHEN = {"type": "string", "format": "date-time"}
_MAYBE_WHEN = {"type": ["string", "null"], "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _answers(**good: tuple[str, str]) -> dict[str, Any]:
    """Answers by status (`s200`), each a description and a schema; and the errors that every call with a key can get."""
    found = {
        status[1:]: {"description": said, "content": _json(schema)} for status, (said, schema) in good.items()
    }
    for status in ("401", "429"):
        found[status] = {"$ref": f"#/components/responses/error{status}"}
    return found


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json("Error")}


def _text(name: str, description: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": LENGTHS[name], "description": description}


_ROW = {
    "type": "object",
    "required": ["student_no"],
    "additionalProperties": False,
    "properties": {
        "student_no": _text("student_no", "Student number (学号)."),
        "name": _text("name", "Name (姓名); when given it must fit the number, else the delivery is refused."),
        "title": _text("title", "What is owed (事项). Required unless the row is settled."),
        "amount": {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$"},
                {"type": "null"},
            ],
            "description": "CNY, two decimal places at most; left out where no money is owed.",
        },
        "note": _text("note", "What the graduate reads with it (说明)."),
        "reference": _text("reference", "Tells a graduate's obligations apart; without it the title does."),
        "settled": {
            "type": "boolean",
            "default": False,
            "description": "In “changes” only: this obligation is settled; without reference and title, all of them.",
        },
    },
}  # fmt: skip
_DELIVERY_GIVEN = {
    "type": "object",
    "required": ["kind", "taken_at", "rows"],
    "additionalProperties": False,
    "properties": {
        "kind": {
            "enum": list(DeliveryKind.values),
            "description": "snapshot: the list is complete, what is not in it is settled. changes: only what it names.",
        },
        "taken_at": {
            **_WHEN,
            "description": "When the data were taken, with time zone. Deliveries may come in any order: about each obligation "
            "the newest that speak of it rule. Only what is older than a complete list that was applied is superseded whole.",
        },
        "cohort": {"type": "integer", "description": "Year; of a later batch with month (202612); left out: the open cohort."},
        "checkpoint": {"type": "integer", "description": "Its number; left out where the department has one."},
        "rows": {"type": "array", "maxItems": MAX_ROWS, "items": {"$ref": "#/components/schemas/Row"}},
    },
}  # fmt: skip
_DELIVERY = {
    "type": "object",
    "required": ["uid", "url", "state", "message", "kind", "cohort", "checkpoint", "department", "taken_at", "figures"],
    "properties": {
        "uid": {"type": "string", "format": "uuid"},
        "url": {"type": "string", "format": "uri"},
        "state": {
            "enum": list(DeliveryState.values),
            "description": "received: waits for a worker, ask again; applied; held: a person of the department "
            "confirms or refuses it; refused; superseded: a newer complete list came first; faulty: rows cannot be right, "
            "see “error”; failed: send the same again under the same number.",
        },
        "message": {"type": "string", "description": "The same in a sentence, in the language of Accept-Language."},
        "kind": {"enum": list(DeliveryKind.values)},
        "cohort": {"type": "integer"},
        "checkpoint": {"type": "integer"},
        "department": {"type": "string"},
        "taken_at": _WHEN,
        "received_at": _WHEN,
        "applied_at": _MAYBE_WHEN,
        "figures": {
            "type": "object",
            "properties": {
                "rows": _COUNT,
                "not_ours": {**_COUNT, "description": "Rows about people whom this list is not about; they were dropped."},
                "before": {**_COUNT, "description": "Obligations that were open before."},
                **dict.fromkeys(("opened", "changed", "settled", "passed", "failed", "cleared"), _COUNT),
            },
        },
        "error": {"$ref": "#/components/schemas/Problem", "description": "Of a faulty delivery: its rows that cannot be right."},
    },
}  # fmt: skip
_OVERVIEW = {
    "type": "object",
    "properties": {
        "department": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
        },
        "feeds": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "cohort": {"type": "integer"},
                    "checkpoint": {"type": "integer"},
                    "name": {"type": "string"},
                    "data_of": _MAYBE_WHEN,
                    "stale": {"type": "boolean"},
                    "held": {"type": ["string", "null"], "format": "uuid"},
                    "received": {"type": ["string", "null"], "format": "uuid"},
                },
            },
        },
        "deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/Delivery"}},
    },
}
_PROBLEM = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "Stable; for programs."},
        "message": {"type": "string", "description": "For people, in the language of Accept-Language."},
        "errors_total": {**_COUNT, "description": "How many there are; “errors” lists the first hundred."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "code", "message"],
                "properties": {
                    "where": {"type": "string", "examples": ["rows[3].amount"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"$ref": "#/components/schemas/Problem"}},
}
_UID = {
    "name": "uid",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "Chosen by the sender, a new one for new data. Sending again under it is safe.",
}
_PATHS: dict[str, Any] = {
    "/api/v1/": {
        "get": {
            "operationId": "index",
            "summary": "What there is",
            "security": [],
            "responses": {"200": {"description": "Links", "content": {"application/json": {"schema": {"type": "object"}}}}},
        }
    },
    "/api/v1/openapi.json": {
        "get": {
            "operationId": "document",
            "summary": "This document",
            "security": [],
            "responses": {"200": {"description": "OpenAPI", "content": {"application/json": {"schema": {"type": "object"}}}}},
        }
    },
    "/api/v1/obligations/": {
        "get": {
            "operationId": "obligations",
            "summary": "The department's checkpoints decided by data, and the latest deliveries",
            "responses": _answers(s200=("How the department's data stand", "Overview")),
        }
    },
    "/api/v1/obligations/deliveries/{uid}/": {
        "parameters": [_UID],
        "get": {
            "operationId": "delivery",
            "summary": "What became of a delivery",
            "responses": {**_answers(s200=("The delivery", "Delivery")), "404": _error("There is none")},
        },
        "put": {
            "operationId": "deliver",
            "summary": "Hand in a complete list, or changes",
            "description": "Small lists are applied at once (200). Long ones, and whatever comes while others wait, are "
            "received (202) and applied in the order of their times; GET their address until they are not “received” any more.",
            "requestBody": {"required": True, "content": _json("GivenDelivery")},
            "responses": {
                **_answers(
                    s200=("Applied", "Delivery"),
                    s202=(
                        "Received: a long list, which is applied in a moment; ask at its address. "
                        "Or held: suspiciously few rows; a person of the department confirms or refuses it",
                        "Delivery",
                    ),
                ),
                "400": _error("Not JSON"),
                "403": _error("Not this department's"),
                "404": _error("No such checkpoint is decided by data"),
                "409": {
                    "description": "Superseded by a newer complete list, refused by the department, or another delivery has this "
                    "number",
                    "content": {
                        "application/json": {
                            "schema": {
                                "anyOf": [
                                    {"$ref": "#/components/schemas/Delivery"},
                                    {"$ref": "#/components/schemas/Error"},
                                ]
                            }
                        }
                    },
                },
                "411": _error("No body"),
                "413": _error("Too large"),
                "422": _error("Rows or fields that cannot be right, or a faulty delivery sent again; nothing was applied"),
            },
        },
    },
}  # fmt: skip


def document(server: str) -> dict[str, Any]:
    """The whole document; `server` is the address of this portal."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Leaving portal",
            "version": "1",
            "description": "Departments deliver what graduates owe them; the clearance sheets follow. "
            "Keys are issued under Clearance → Data. Times carry their zone. Errors: code, where, message.",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "error401": _error("No valid key"),
                "error429": {
                    **_error("Too many requests"),
                    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                },
            },
            "schemas": {
                "Row": _ROW,
                "GivenDelivery": _DELIVERY_GIVEN,
                "Delivery": _DELIVERY,
                "Overview": _OVERVIEW,
                "Problem": _PROBLEM,
                "Error": _ERROR,
            },
        },
    }
