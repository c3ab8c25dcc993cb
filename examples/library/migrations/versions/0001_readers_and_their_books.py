"""readers and their books"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name", name=op.f("uq_user_name")),
    )
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_book_owner_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book")),
        sa.UniqueConstraint("owner_id", "title", name=op.f("uq_book_owner_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_book_public_id")),
    )
    with op.batch_alter_table("book") as batch_op:
        batch_op.create_index(batch_op.f("ix_book_owner_id"), ["owner_id"], unique=False)


def downgrade():
    with op.batch_alter_table("book") as batch_op:
        batch_op.drop_index(batch_op.f("ix_book_owner_id"))
    op.drop_table("book")
    op.drop_table("user")
