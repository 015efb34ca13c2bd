// Merkle trees of hash-based signatures: the root, and the authentication path of one leaf, in one pass with little memory.
#ifndef TK_HASHSIG_TREE_H
#define TK_HASHSIG_TREE_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of the largest node.
#define TK_NODE_MAX 64
/// The tallest tree.
#define TK_TREE_HEIGHT_MAX 25
/// The height of the part of a tree that is held at once.
#define TK_TREE_PART_HEIGHT 8

/// How a scheme makes the nodes of a tree.
struct tk_tree {
    unsigned node_size, height;
    /// What the two functions are handed.
    const void *scheme;
    /// Writes the leaves from `first` on.
    void (*leaves)(const void *scheme, uint32_t first, unsigned count, uint8_t *nodes);
    /// Writes the nodes from `first` on at `height` from their children, two for each. `nodes` may be `children`.
    void (*parents)(const void *scheme, unsigned height, uint32_t first, unsigned count, const uint8_t *children, uint8_t *nodes);
};

/// Writes the root; and to `path`, if it is not NULL, the siblings on the way from `leaf` to the root, the lowest first.
void tk_tree_root(const struct tk_tree *tree, uint8_t *root, uint32_t leaf, uint8_t *path);

#endif
