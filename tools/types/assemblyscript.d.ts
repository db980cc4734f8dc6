// The AssemblyScript names that assembly/memory-map.ts uses, as TypeScript sees them, so that the
// host type-checks the very file the core compiles. Only what fits a JavaScript number belongs here.
declare type i8 = number;
declare type i16 = number;
declare type i32 = number;
declare type isize = number;
declare type u8 = number;
declare type u16 = number;
declare type u32 = number;
declare type usize = number;
declare type bool = boolean;
