"""The table of compliance reports; it belongs to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from wabawatch.storage.metadata import metadata

reports = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True, comment="The same for every revision of one period and scope"),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False, comment="all, waba:ID or number:ID"),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False, comment="domain.compliance.Verdict"),
    Column("made_by", Text, nullable=False, comment="As in the audit trail"),
    Column("sha256", Text, nullable=False, comment="Of the document"),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False, comment="Ed25519, of the SHA-256"),
    Column("document", LargeBinary, nullable=False, comment="domain.compliance_report as JSON, zstd"),
    Index("reports_as_of", "as_of"),
    comment="Revisions of compliance reports: never changed",
)
