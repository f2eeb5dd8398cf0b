// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of Cast devices on the network, and the receiver's advertisement (mDNS). Never connects to a device.
