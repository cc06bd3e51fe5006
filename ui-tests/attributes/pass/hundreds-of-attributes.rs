//! As many attributes as nobody needs, in keys of one length that differ in their middle.

#![deny(warnings)]

use spanwright::{Attributes, instrument};

macro_rules! many {
    ($($name:ident)*) => {
        #[derive(Attributes, Default)]
        #[attributes(prefix = "shop.of.the.whole.world")]
        struct Many {
            $($name: u8,)*
        }
    };
}

many! {
    faaa_of_the_order faab_of_the_order faac_of_the_order faad_of_the_order faae_of_the_order
    faaf_of_the_order faag_of_the_order faba_of_the_order fabb_of_the_order fabc_of_the_order
    fabd_of_the_order fabe_of_the_order fabf_of_the_order fabg_of_the_order faca_of_the_order
    facb_of_the_order facc_of_the_order facd_of_the_order face_of_the_order facf_of_the_order
    facg_of_the_order fada_of_the_order fadb_of_the_order fadc_of_the_order fadd_of_the_order
    fade_of_the_order fadf_of_the_order fadg_of_the_order faea_of_the_order faeb_of_the_order
    faec_of_the_order faed_of_the_order faee_of_the_order faef_of_the_order faeg_of_the_order
    fafa_of_the_order fafb_of_the_order fafc_of_the_order fafd_of_the_order fafe_of_the_order
    faff_of_the_order fafg_of_the_order faga_of_the_order fagb_of_the_order fagc_of_the_order
    fagd_of_the_order fage_of_the_order fagf_of_the_order fagg_of_the_order fbaa_of_the_order
    fbab_of_the_order fbac_of_the_order fbad_of_the_order fbae_of_the_order fbaf_of_the_order
    fbag_of_the_order fbba_of_the_order fbbb_of_the_order fbbc_of_the_order fbbd_of_the_order
    fbbe_of_the_order fbbf_of_the_order fbbg_of_the_order fbca_of_the_order fbcb_of_the_order
    fbcc_of_the_order fbcd_of_the_order fbce_of_the_order fbcf_of_the_order fbcg_of_the_order
    fbda_of_the_order fbdb_of_the_order fbdc_of_the_order fbdd_of_the_order fbde_of_the_order
    fbdf_of_the_order fbdg_of_the_order fbea_of_the_order fbeb_of_the_order fbec_of_the_order
    fbed_of_the_order fbee_of_the_order fbef_of_the_order fbeg_of_the_order fbfa_of_the_order
    fbfb_of_the_order fbfc_of_the_order fbfd_of_the_order fbfe_of_the_order fbff_of_the_order
    fbfg_of_the_order fbga_of_the_order fbgb_of_the_order fbgc_of_the_order fbgd_of_the_order
    fbge_of_the_order fbgf_of_the_order fbgg_of_the_order fcaa_of_the_order fcab_of_the_order
    fcac_of_the_order fcad_of_the_order fcae_of_the_order fcaf_of_the_order fcag_of_the_order
    fcba_of_the_order fcbb_of_the_order fcbc_of_the_order fcbd_of_the_order fcbe_of_the_order
    fcbf_of_the_order fcbg_of_the_order fcca_of_the_order fccb_of_the_order fccc_of_the_order
    fccd_of_the_order fcce_of_the_order fccf_of_the_order fccg_of_the_order fcda_of_the_order
    fcdb_of_the_order fcdc_of_the_order fcdd_of_the_order fcde_of_the_order fcdf_of_the_order
    fcdg_of_the_order fcea_of_the_order fceb_of_the_order fcec_of_the_order fced_of_the_order
    fcee_of_the_order fcef_of_the_order fceg_of_the_order fcfa_of_the_order fcfb_of_the_order
    fcfc_of_the_order fcfd_of_the_order fcfe_of_the_order fcff_of_the_order fcfg_of_the_order
    fcga_of_the_order fcgb_of_the_order fcgc_of_the_order fcgd_of_the_order fcge_of_the_order
    fcgf_of_the_order fcgg_of_the_order fdaa_of_the_order fdab_of_the_order fdac_of_the_order
    fdad_of_the_order fdae_of_the_order fdaf_of_the_order fdag_of_the_order fdba_of_the_order
    fdbb_of_the_order fdbc_of_the_order fdbd_of_the_order fdbe_of_the_order fdbf_of_the_order
    fdbg_of_the_order fdca_of_the_order fdcb_of_the_order fdcc_of_the_order fdcd_of_the_order
    fdce_of_the_order fdcf_of_the_order fdcg_of_the_order fdda_of_the_order fddb_of_the_order
    fddc_of_the_order fddd_of_the_order fdde_of_the_order fddf_of_the_order fddg_of_the_order
    fdea_of_the_order fdeb_of_the_order fdec_of_the_order fded_of_the_order fdee_of_the_order
    fdef_of_the_order fdeg_of_the_order fdfa_of_the_order fdfb_of_the_order fdfc_of_the_order
    fdfd_of_the_order fdfe_of_the_order fdff_of_the_order fdfg_of_the_order fdga_of_the_order
    fdgb_of_the_order fdgc_of_the_order fdgd_of_the_order fdge_of_the_order fdgf_of_the_order
    fdgg_of_the_order feaa_of_the_order feab_of_the_order feac_of_the_order fead_of_the_order
    feae_of_the_order feaf_of_the_order feag_of_the_order feba_of_the_order febb_of_the_order
    febc_of_the_order febd_of_the_order febe_of_the_order febf_of_the_order febg_of_the_order
    feca_of_the_order fecb_of_the_order fecc_of_the_order fecd_of_the_order fece_of_the_order
    fecf_of_the_order fecg_of_the_order feda_of_the_order fedb_of_the_order fedc_of_the_order
    fedd_of_the_order fede_of_the_order fedf_of_the_order fedg_of_the_order feea_of_the_order
    feeb_of_the_order feec_of_the_order feed_of_the_order feee_of_the_order feef_of_the_order
    feeg_of_the_order fefa_of_the_order fefb_of_the_order fefc_of_the_order fefd_of_the_order
    fefe_of_the_order feff_of_the_order fefg_of_the_order fega_of_the_order fegb_of_the_order
    fegc_of_the_order fegd_of_the_order fege_of_the_order fegf_of_the_order fegg_of_the_order
    ffaa_of_the_order ffab_of_the_order ffac_of_the_order ffad_of_the_order ffae_of_the_order
    ffaf_of_the_order ffag_of_the_order ffba_of_the_order ffbb_of_the_order ffbc_of_the_order
    ffbd_of_the_order ffbe_of_the_order ffbf_of_the_order ffbg_of_the_order ffca_of_the_order
    ffcb_of_the_order ffcc_of_the_order ffcd_of_the_order ffce_of_the_order ffcf_of_the_order
    ffcg_of_the_order ffda_of_the_order ffdb_of_the_order ffdc_of_the_order ffdd_of_the_order
    ffde_of_the_order ffdf_of_the_order ffdg_of_the_order ffea_of_the_order ffeb_of_the_order
    ffec_of_the_order ffed_of_the_order ffee_of_the_order ffef_of_the_order ffeg_of_the_order
    fffa_of_the_order fffb_of_the_order fffc_of_the_order fffd_of_the_order fffe_of_the_order
    ffff_of_the_order fffg_of_the_order ffga_of_the_order ffgb_of_the_order ffgc_of_the_order
    ffgd_of_the_order ffge_of_the_order ffgf_of_the_order ffgg_of_the_order fgaa_of_the_order
    fgab_of_the_order fgac_of_the_order fgad_of_the_order fgae_of_the_order fgaf_of_the_order
}

#[derive(Attributes, Default)]
struct All {
    #[attribute(flatten)]
    many: Many,
    another: u8,
}

#[instrument(fields(one = 1, ..all))]
fn charge(all: &All) {
    let _ = all;
}

fn main() {
    charge(&All::default());
}
