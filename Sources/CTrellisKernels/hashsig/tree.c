// A tree is computed in parts of a few hundred leaves, level by level so that many nodes are hashed at once; the roots of the parts are
// brought together as they come, on a stack (RFC 8391 Algorithm 9).
#include "tree.h"
#include "tk_taint.h"

#include <string.h>

/// Copies the node beside the way of `leaf`, if it is among the `count` nodes from `first` on at `height`.
static void keep_sibling(
    const struct tk_tree *tree, uint8_t *path, uint32_t leaf, unsigned height, uint32_t first, uint32_t count, const uint8_t *nodes) {
    if (path == NULL || height >= tree->height) return;
    const uint32_t sibling = (leaf >> height) ^ 1;
    if (sibling < first || sibling - first >= count) return;
    memcpy(path + (size_t)height * tree->node_size, nodes + (size_t)(sibling - first) * tree->node_size, tree->node_size);
}

void tk_tree_root(const struct tk_tree *tree, uint8_t *root, uint32_t leaf, uint8_t *path) {
    uint8_t nodes[TK_NODE_MAX << TK_TREE_PART_HEIGHT];
    // For each height above the parts: a left node that waits, and the right one that comes.
    uint8_t pairs[TK_TREE_HEIGHT_MAX + 1][2 * TK_NODE_MAX];
    const size_t size = tree->node_size;
    const unsigned part_height = tree->height < TK_TREE_PART_HEIGHT ? tree->height : TK_TREE_PART_HEIGHT;
    for (uint32_t part = 0; part < (uint32_t)1 << (tree->height - part_height); part++) {
        uint32_t first = part << part_height, count = (uint32_t)1 << part_height;
        unsigned height = 0;
        tree->leaves(tree->scheme, first, count, nodes);
        keep_sibling(tree, path, leaf, height, first, count, nodes);
        while (count > 1) {
            first /= 2, count /= 2, height++;
            tree->parents(tree->scheme, height, first, count, nodes, nodes);
            keep_sibling(tree, path, leaf, height, first, count, nodes);
        }
        // `first` is now the place of the part's root among the roots of parts.
        for (; height < tree->height && first % 2 == 1; height++) {
            memcpy(pairs[height] + size, nodes, size);
            first /= 2;
            tree->parents(tree->scheme, height + 1, first, 1, pairs[height], nodes);
            keep_sibling(tree, path, leaf, height + 1, first, 1, nodes);
        }
        memcpy(height < tree->height ? pairs[height] : root, nodes, size);
    }
    tk_zero(nodes, sizeof nodes);
}
