// SPDX-License-Identifier: GPL-3.0-or-later
//! What the engine knows, as lists of objects that widgets can bind to. Follows the engine; commands go around it.

mod cast_item;
mod cast_list;
mod device_item;
mod device_list;
mod follow;
mod followed;
mod places;
mod stage;

pub use cast_item::CastItem;
pub use cast_list::CastList;
pub use device_item::DeviceItem;
pub use device_list::DeviceList;
pub use follow::follow;
pub use followed::Followed;
pub use stage::{PageTag, Stage};
