/* What is known of types by their numbers (OIDs).
 *
 * Those that every PostgreSQL has are listed here. Numbers of others (native enums, domains, extensions, arrays of them) are
 * each database's own: they are looked up in its catalogue, once per connection, by a query that travels with the next
 * statement (cm_pg__queue_types). Until then, and for types that have no reader here, rows come as text. */
#include "driver/pg_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    Oid item, array;
} arrays[] = {{PG_BOOL, 1000},
              {PG_BYTEA, 1001},
              {PG_CHAR, 1002},
              {PG_NAME, 1003},
              {PG_INT2, 1005},
              {PG_INT4, 1007},
              {PG_TEXT, 1009},
              {PG_BPCHAR, 1014},
              {PG_VARCHAR, 1015},
              {PG_INT8, 1016},
              {PG_FLOAT4, 1021},
              {PG_FLOAT8, 1022},
              {PG_OID, 1028},
              {PG_MACADDR, 1040},
              {PG_INET, 1041},
              {PG_TIMESTAMP, 1115},
              {PG_DATE, 1182},
              {PG_TIME, 1183},
              {PG_TIMESTAMPTZ, 1185},
              {PG_INTERVAL, 1187},
              {PG_NUMERIC, 1231},
              {PG_TIMETZ, 1270},
              {PG_BIT, 1561},
              {PG_VARBIT, 1563},
              {PG_CIDR, 651},
              {PG_MACADDR8, 775},
              {PG_UUID, 2951},
              {PG_TSVECTOR, 3643},
              {PG_JSON, 199},
              {PG_JSONB, 3807},
              {PG_XML, 143},
              {PG_INT4RANGE, 3905},
              {PG_NUMRANGE, 3907},
              {PG_TSRANGE, 3909},
              {PG_TSTZRANGE, 3911},
              {PG_DATERANGE, 3913},
              {PG_INT8RANGE, 3927},
              {PG_INT4MULTIRANGE, 6150},
              {PG_NUMMULTIRANGE, 6151},
              {PG_TSMULTIRANGE, 6152},
              {PG_TSTZMULTIRANGE, 6153},
              {PG_DATEMULTIRANGE, 6155},
              {PG_INT8MULTIRANGE, 6157}};

Oid cm_pg__array_of(Oid item) {
    for (size_t i = 0; item && i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i].item == item) return arrays[i].array;
    return 0;
}

static const pg_kind *find_kind(const cm_dconn *c, Oid type) {
    for (size_t i = 0; i < c->nkinds; i++)
        if (c->kinds[i].type == type) return &c->kinds[i];
    return NULL;
}

Oid cm_pg__item_of(const cm_dconn *c, Oid array) {
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i].array == array) return arrays[i].item;
    const pg_kind *kind = find_kind(c, array);
    return kind ? kind->item : 0;
}

Oid cm_pg__base_of(const cm_dconn *c, Oid type) {
    const pg_kind *kind = c->nkinds && type >= PG_FIRST_OWN ? find_kind(c, type) : NULL;
    return kind && kind->base ? kind->base : type;
}

int cm_pg__least_bytes(Oid type) {
    switch (type) {
    case PG_BOOL:
    case PG_JSONB:
    case PG_INT4RANGE:
    case PG_INT8RANGE:
    case PG_NUMRANGE:
    case PG_DATERANGE:
    case PG_TSRANGE:
    case PG_TSTZRANGE: return 1;
    case PG_INT2: return 2;
    case PG_INT4:
    case PG_OID:
    case PG_FLOAT4:
    case PG_DATE:
    case PG_INET:
    case PG_CIDR:
    case PG_BIT:
    case PG_VARBIT:
    case PG_TSVECTOR:
    case PG_INT4MULTIRANGE:
    case PG_INT8MULTIRANGE:
    case PG_NUMMULTIRANGE:
    case PG_DATEMULTIRANGE:
    case PG_TSMULTIRANGE:
    case PG_TSTZMULTIRANGE: return 4;
    case PG_INT8:
    case PG_FLOAT8:
    case PG_TIME:
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
    case PG_NUMERIC: return 8;
    case PG_TIMETZ: return 12;
    case PG_INTERVAL:
    case PG_UUID: return 16;
    default: return 0;
    }
}

static void wonder(cm_dconn *c, Oid type) {
    if (type < PG_FIRST_OWN || find_kind(c, type)) return;
    for (size_t i = 0; i < c->nwonders; i++)
        if (c->wonders[i] == type) return;
    if (c->nwonders < PG_WONDERS_MAX) c->wonders[c->nwonders++] = type;
}

bool cm_pg__reader(cm_dconn *c, Oid type, bool binary, pg_column *out) {
    bool known;
    Oid base = cm_pg__base_of(c, type);
    pg_decoder decode = cm_pg__binary_decoder(base, &known);
    *out = (pg_column){.type = base, .binary = binary};
    if (known) {
        out->decode = binary ? decode : cm_pg__text_decoder(base);
        out->least = binary ? cm_pg__least_bytes(base) : 0;
        return true;
    }
    pg_column inner;
    Oid item = cm_pg__item_of(c, base);
    if (!item) {
        wonder(c, base);
        return false;
    }
    out->decode = binary ? cm_pg__decode_array : cm_pg__text_array;
    return cm_pg__reader(c, item, binary, &inner);
}

/* ---- the catalogue */

cm_status cm_pg__queue_types(cm_ctx *cx, cm_dconn *c) {
    static const char sql[] = "SELECT t.oid, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, t.typbasetype, s.proname "
                              "FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc s ON s.oid = t.typsend WHERE t.oid = ANY ($1::oid[]) "
                              "OR t.oid IN (SELECT e.typelem FROM pg_catalog.pg_type e WHERE e.oid = ANY ($1::oid[]))";
    char list[PG_WONDERS_MAX * 12 + 4], *to = list;
    const char *values[] = {list};
    (void)cx;
    for (size_t i = 0; i < c->nwonders; i++) to += sprintf(to, "%c%u", i ? ',' : '{', c->wonders[i]);
    memcpy(to, "}", 2);
    if (!PQsendQueryParams(c->pg, sql, 1, NULL, values, NULL, NULL, 0)) return cm_pg__lost(c);
    c->types_in = ++c->prefix;
    return CM_OK;
}

static bool is_text(const char *send) {
    static const char *const names[] = {"enum_send", "textsend", "varcharsend", "bpcharsend", "citextsend", "namesend", "xml_send", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], send) == 0) return true;
    return false;
}

static bool add_kind(cm_ctx *cx, cm_dconn *c, pg_kind kind) {
    if (c->nkinds == c->kinds_cap) {
        size_t cap = c->kinds_cap ? 2 * c->kinds_cap : 16;
        pg_kind *grown = cm__alloc(cx, cap * sizeof *grown);
        if (!grown) return false;
        if (c->nkinds) memcpy(grown, c->kinds, c->nkinds * sizeof *grown);
        cm__free(cx, c->kinds);
        c->kinds = grown;
        c->kinds_cap = cap;
    }
    c->kinds[c->nkinds++] = kind;
    return true;
}

void cm_pg__take_types(cm_ctx *cx, cm_dconn *c, const PGresult *res) {
    bool ok = true;
    for (int i = 0; ok && i < PQntuples(res); i++) {
        Oid oid[3];
        for (int k = 0; k < 3; k++) oid[k] = (Oid)strtoul(PQgetvalue(res, i, k), NULL, 10);
        if (find_kind(c, oid[0])) continue;
        ok = add_kind(cx, c,
                      (pg_kind){.type = oid[0],
                                .item = oid[1],
                                .base = oid[2]                           ? oid[2]
                                        : is_text(PQgetvalue(res, i, 3)) ? PG_TEXT
                                                                         : 0});
    }
    for (size_t i = 0; ok && i < c->nwonders; i++) /* gone meanwhile: not asked again */
        if (!find_kind(c, c->wonders[i])) ok = add_kind(cx, c, (pg_kind){.type = c->wonders[i]});
    c->nwonders = 0; /* without memory rows go on coming as text */
    c->learned++;
}
