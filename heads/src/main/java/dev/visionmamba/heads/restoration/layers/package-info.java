/** What the restoration networks have in common. Maps are channel-last, (B, H, W, C). */
package dev.visionmamba.heads.restoration.layers;
