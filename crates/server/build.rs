//! The front ends are embedded from their build folders: make sure the folders exist, so that a debug build finds what is
//! built into them later, and build again when their content changes.

fn main() -> std::io::Result<()> {
    for folder in ["../../web/mini/dist/build/h5", "../../web/admin/dist", "../../web/docs/dist"] {
        std::fs::create_dir_all(folder)?;
        #[allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]
        {
            println!("cargo::rerun-if-changed={folder}");
        }
    }
    Ok(())
}
