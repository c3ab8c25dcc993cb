/* What the node table (cormorant_ops.def) says about kinds and operators, as arrays made from it. */
#include "expr/expr.h"

/* Flag letters of the table are read from the spelling of its macro argument. */
#define HAS(flags, letter) (__builtin_strchr(flags, letter) != 0)

const cm_kind_info cm__kinds[CM_N_MAX] = {
#define CM_KIND(name, value, layout, nkids, nsegments, flags, role)                                                                        \
    [value] = {#name, role, CM_LAYOUT_##layout, nkids, nsegments, HAS(#flags, 'I'), HAS(#flags, 'S'), HAS(#flags, 'F'), HAS(#flags, 'X')},
#include "cormorant_ops.def"
#undef CM_KIND
};

const cm_op_info cm__ops[CM_OP_MAX] = {
#define CM_OPERATOR(name, value, sql, precedence, flags)                                                                                   \
    [value] = {#name,           sql, precedence, HAS(#flags, 'C'), HAS(#flags, 'A'), HAS(#flags, 'R'), HAS(#flags, 'B'), HAS(#flags, 'P'), \
               HAS(#flags, 'S')},
#include "cormorant_ops.def"
#undef CM_OPERATOR
};

const cm_kind_info *cm_kind_get_info(int kind) { return kind > 0 && kind < CM_N_MAX && cm__kinds[kind].name ? &cm__kinds[kind] : NULL; }

const cm_op_info *cm_op_get_info(int op) { return op >= 0 && op < CM_OP_MAX && cm__ops[op].name ? &cm__ops[op] : NULL; }

int cm_op_negate(int op) {
    static const struct {
        uint8_t op, negated;
    } pairs[] = {{CM_OP_EQ, CM_OP_NE},
                 {CM_OP_LT, CM_OP_GE},
                 {CM_OP_LE, CM_OP_GT},
                 {CM_OP_IS, CM_OP_IS_NOT},
                 {CM_OP_IS_DISTINCT, CM_OP_IS_NOT_DISTINCT},
                 {CM_OP_IN, CM_OP_NOT_IN},
                 {CM_OP_LIKE, CM_OP_NOT_LIKE},
                 {CM_OP_ILIKE, CM_OP_NOT_ILIKE},
                 {CM_OP_BETWEEN, CM_OP_NOT_BETWEEN},
                 {CM_OP_CONTAINS, CM_OP_NOT_CONTAINS},
                 {CM_OP_STARTSWITH, CM_OP_NOT_STARTSWITH},
                 {CM_OP_ENDSWITH, CM_OP_NOT_ENDSWITH},
                 {CM_OP_ICONTAINS, CM_OP_NOT_ICONTAINS},
                 {CM_OP_ISTARTSWITH, CM_OP_NOT_ISTARTSWITH},
                 {CM_OP_IENDSWITH, CM_OP_NOT_IENDSWITH},
                 {CM_OP_REGEXP_MATCH, CM_OP_NOT_REGEXP_MATCH},
                 {CM_OP_MATCH, CM_OP_NOT_MATCH}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].op == op) return pairs[i].negated;
        if (pairs[i].negated == op) return pairs[i].op;
    }
    return CM_OP_NONE;
}
