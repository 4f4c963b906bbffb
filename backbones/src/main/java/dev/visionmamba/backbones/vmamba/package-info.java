/**
 * VMamba (Liu et al. 2024, arXiv:2401.10166): four stages of 2-D selective scans, in the released
 * form and in the first ("vanilla") one.
 */
package dev.visionmamba.backbones.vmamba;
