"""tags, notes and dates of reading"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "book_tag",
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_book_tag_book_id_book"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_book_tag_tag_id_tag"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("book_id", "tag_id", name=op.f("pk_book_tag")),
    )
    with op.batch_alter_table("book") as batch_op:
        batch_op.add_column(sa.Column("notes", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("read_on", sa.Date(), nullable=True))


def downgrade():
    with op.batch_alter_table("book") as batch_op:
        batch_op.drop_column("read_on")
        batch_op.drop_column("notes")
    op.drop_table("book_tag")
    op.drop_table("tag")
